// The page: what stands behind the '#' of the address decides what is shown.
import {get} from './api.js';
import {byId, complain, el} from './dom.js';
import {size} from './format.js';
import {resourceView} from './resource.js';
import {searchView} from './search.js';
import {watchUploads} from './upload.js';

let shown = new AbortController();

// "#/studies/ID" and "#/?level=Study&PatientName=x"
function address() {
  const at = new URL(location.hash.slice(1) || '/', 'http://page');
  return {parts: at.pathname.split('/').filter(Boolean).map(decodeURIComponent), query: at.searchParams};
}

async function show(mayWrite) {
  shown.abort();  // stops what the last view is still asking for, and its cine
  shown = new AbortController();
  const {signal} = shown;
  const main = byId('main');
  main.setAttribute('aria-busy', 'true');
  try {
    const {parts, query} = address();
    const view = parts.length === 2 ? await resourceView(...parts, {mayWrite, signal}) : await searchView(query, signal);
    if (signal.aborted) return;
    byId('alerts').replaceChildren();
    main.replaceChildren(...view.content);
    document.title = view.title;
    main.querySelector('h1')?.focus();
  } catch (error) {
    if (signal.aborted) return;
    document.title = error.status === 404 ? 'This is not here (any more)' : 'This cannot be shown';
    main.replaceChildren(el('h1', {tabindex: -1}, document.title));
    main.firstChild.focus();
    complain(error);
  } finally {
    if (!signal.aborted) main.removeAttribute('aria-busy');
  }
}

async function showStatistics() {
  const counted = await get('statistics');
  byId('statistics').textContent = `${counted.CountPatients} patients, ${counted.CountStudies} studies, ` +
      `${counted.CountSeries} series, ${counted.CountInstances} instances, ${size(counted.TotalDiskSize)}`;
}

async function start() {
  const system = await get('system');
  const mayWrite = !system.ReadOnly;
  byId('name').textContent = system.Name;
  byId('skip').addEventListener('click', event => {
    event.preventDefault();  // the '#' is taken
    byId('main').focus();
  });
  addEventListener('hashchange', () => show(mayWrite));
  if (mayWrite) {
    watchUploads(() => {
      showStatistics().catch(complain);
      if (address().parts.length === 0) show(mayWrite);
    });
  }
  await Promise.all([show(mayWrite), showStatistics()]);
}

start().catch(complain);
