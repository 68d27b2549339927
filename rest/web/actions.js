// What can be done with a resource.
import {follow, get, path, post, remove, url} from './api.js';
import {complain, el, field, question, say} from './dom.js';
import {count} from './format.js';

const words = {patients: 'patient', studies: 'study', series: 'series', instances: 'instance'};
const children = {patients: ['Studies', 'study', 'studies'], studies: ['Series', 'series', 'series'],
  series: ['Instances', 'instance', 'instances']};

function contentOf(kind, resource) {
  if (!children[kind]) return '';
  const [key, one, many] = children[kind];
  return ` with ${count(resource[key].length, one, many)}`;
}

async function removeIt(kind, resource, title) {
  const sure = await question({
    title: `Delete this ${words[kind]}?`,
    body: el('p', {}, `“${title}”${contentOf(kind, resource)} will be removed from the archive.`),
    action: 'Delete', danger: true,
  });
  if (!sure) return;
  const {RemainingAncestor: left} = await remove(path`${kind}/${resource.ID}`);
  location.hash = left ? `#${left.Path}` : '#/';
}

// Starts a job and shows how far it is beside the buttons.
async function run(job, text, shown) {
  const bar = el('progress', {max: 100, value: 0, 'aria-label': text});
  shown.replaceChildren(el('span', {}, text), bar);
  try {
    return await follow(await job, percent => {
      bar.value = percent;
    });
  } finally {
    shown.replaceChildren();
  }
}

function done(shown, ...content) {
  shown.replaceChildren(...content);
  say(shown.textContent);
}

async function send(kind, resource, shown) {
  const names = await get('modalities');
  if (names.length === 0) throw new Error('No modality is known to this server');
  const asked = await question({
    title: `Send this ${words[kind]}`,
    body: field('To', el('select', {name: 'to'}, names.map(name => el('option', {value: name}, name)))),
    action: 'Send',
  });
  if (!asked) return;
  const to = asked.get('to');
  const job = await run(post(path`modalities/${to}/store`, {Resources: [resource.ID], Synchronous: false}), `Sending to ${to}`, shown);
  const {InstancesCount: all, FailedInstancesCount: failed} = job.Content;
  done(shown, `${count(all - failed, 'instance', 'instances')} sent to ${to}` + (failed > 0 ? `, ${failed} not` : ''));
}

async function anonymize(resource, shown) {
  const asked = await question({
    title: 'Make an anonymous copy',
    body: [field('Name of the patient in the copy', el('input', {name: 'name', autocomplete: 'off', placeholder: 'Anonymized'})),
      el('label', {}, el('input', {type: 'checkbox', name: 'descriptions'}), ' Keep the descriptions of study and series'),
      el('p', {class: 'quiet'}, 'What is seen in the images themselves is not removed.')],
    action: 'Anonymize',
  });
  if (!asked) return;
  const how = {Synchronous: false};
  if (asked.get('name').trim()) how.Replace = {PatientName: asked.get('name').trim()};
  if (asked.get('descriptions')) how.Keep = ['StudyDescription', 'SeriesDescription'];
  const job = await run(post(path`studies/${resource.ID}/anonymize`, how), 'Anonymizing', shown);
  done(shown, 'Done: ', el('a', {href: `#/studies/${encodeURIComponent(job.Content.ID)}`}, 'the anonymous copy'));
}

// The download of each level.
function download(kind, resource) {
  const [where, text] = kind === 'instances' ? ['file', 'Download the file'] : ['archive', 'Download as ZIP'];
  return el('a', {class: 'button', download: true, href: url(path`${kind}/${resource.ID}/` + where)}, text);
}

export function actions(kind, resource, title, mayWrite) {
  const shown = el('span', {class: 'row', role: 'status'});
  const button = (text, act, attributes = {}) => {
    const made = el('button', {type: 'button', ...attributes}, text);
    made.addEventListener('click', async () => {
      made.disabled = true;
      try {
        await act();
      } catch (error) {
        complain(error);
      } finally {
        made.disabled = false;
      }
    });
    return made;
  };
  return el('div', {class: 'row'}, download(kind, resource),
      mayWrite && [
        button('Send…', () => send(kind, resource, shown)),
        kind === 'studies' && button('Anonymize…', () => anonymize(resource, shown)),
        button('Delete…', () => removeIt(kind, resource, title), {class: 'danger'}),
      ],
      shown);
}
