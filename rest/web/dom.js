// Makes what is seen. Text becomes text nodes, whatever is in it; nothing here reads markup.

export function el(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue;
    if (typeof value === 'function') element.addEventListener(key, value);
    else element.setAttribute(key, value === true ? '' : value);
  }
  element.append(...children.flat(Infinity).filter(child => child !== null && child !== undefined && child !== false));
  return element;
}

export const byId = id => document.getElementById(id);

// For who does not see the screen.
export function say(text) {
  byId('status').textContent = text;
}

export function complain(error) {
  if (error.name === 'AbortError') return;  // of a page that is no longer shown
  const box = el('div', {}, el('span', {}, error.message),
      el('button', {type: 'button', click: () => box.remove()}, 'Close'));
  byId('alerts').replaceChildren(box);
}

export function field(label, control) {
  return el('label', {class: 'field'}, el('span', {}, label), control);
}

export function facts(pairs) {
  return el('dl', {class: 'facts'}, pairs.filter(([, value]) => value).map(
      ([name, value]) => [el('dt', {}, name), el('dd', {}, value)]));
}

// columns: [{title, cell: row => child, number}]
export function table(columns, rows, caption) {
  const kind = column => ({class: column.number && 'number'});
  return el('div', {class: 'wide'}, el('table', {},
      el('caption', {class: 'unseen'}, caption),
      el('thead', {}, el('tr', {}, columns.map(c => el('th', {scope: 'col', ...kind(c)}, c.title)))),
      el('tbody', {}, rows.map(row => el('tr', {}, columns.map(c => el('td', kind(c), c.cell(row) ?? '')))))));
}

// Asks; the answer is a map of the named controls in `body`, or null.
export function question({title, body, action, danger}) {
  return new Promise(answer => {
    const form = el('form', {}, el('h2', {id: 'question'}, title), body,
        el('div', {class: 'row'},
            el('button', {type: 'button', click: () => box.close()}, 'Cancel'),
            el('button', {class: danger ? 'danger' : 'main'}, action)));
    const box = el('dialog', {'aria-labelledby': 'question'}, form);
    let given = null;
    form.addEventListener('submit', event => {
      event.preventDefault();
      given = new FormData(form);
      box.close();
    });
    box.addEventListener('close', () => {
      box.remove();
      answer(given);
    });
    document.body.append(box);
    box.showModal();
  });
}
