// The attributes of an instance, as GET /instances/{id}/simplified-tags tells them.
import {el, field} from './dom.js';

function valueView(value) {
  if (value === null) return el('span', {class: 'quiet'}, 'not shown');
  if (!Array.isArray(value)) return String(value);
  return value.length === 0 ? el('span', {class: 'quiet'}, 'no items') : value.map(item => rows(item));
}

function rows(tags) {
  return el('table', {class: 'tags'}, el('tbody', {}, Object.entries(tags).map(
      ([name, value]) => el('tr', {}, el('th', {scope: 'row'}, name), el('td', {}, valueView(value))))));
}

export function tagsView(tags) {
  const all = rows(tags);
  const wanted = el('input', {type: 'search', autocomplete: 'off', spellcheck: 'false'});
  wanted.addEventListener('input', () => {
    const text = wanted.value.toLowerCase();
    for (const row of all.tBodies[0].rows) row.hidden = !row.textContent.toLowerCase().includes(text);
  });
  return el('div', {}, el('div', {class: 'fields'}, field('Show those with', wanted)), el('div', {class: 'wide'}, all));
}
