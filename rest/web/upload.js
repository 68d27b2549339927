// Stores what is dropped on the page or chosen, POST /instances.
import {url} from './api.js';
import {byId, complain, el, say} from './dom.js';
import {count, size} from './format.js';

const AT_A_TIME = 3;
const REASONS_SHOWN = 20;

// fetch() does not tell how much of a body was sent.
function send(file, progress) {
  return new Promise((done, failed) => {
    const request = new XMLHttpRequest();
    request.open('POST', url('instances'));
    request.setRequestHeader('Accept', 'application/json');
    request.setRequestHeader('Content-Type', 'application/octet-stream');  // whatever the browser takes it for
    request.upload.addEventListener('progress', event => progress(event.loaded));
    request.addEventListener('error', () => failed(new Error('the server cannot be reached')));
    request.addEventListener('load', () => {
      let said = null;
      try {
        said = JSON.parse(request.responseText);
      } catch {
        // The status has to do.
      }
      if (request.status === 200) done([said ?? []].flat());
      else failed(new Error(said?.Details || said?.Message || `the server answered ${request.status}`));
    });
    request.send(file);
  });
}

async function filesBelow(entry) {
  if (entry.isFile) return [await new Promise((done, failed) => entry.file(done, failed))];
  const reader = entry.createReader();
  const files = [];
  for (;;) {  // a folder comes in pieces
    const some = await new Promise((done, failed) => reader.readEntries(done, failed));
    if (some.length === 0) return files;
    for (const one of some) files.push(...await filesBelow(one));
  }
}

async function dropped(transfer) {
  const entries = [...transfer.items].filter(item => item.kind === 'file').map(item => item.webkitGetAsEntry());
  const files = [];
  for (const entry of entries) if (entry) files.push(...await filesBelow(entry));
  return files;
}

// All uploads since the last that ended; what is added meanwhile joins them.
class Uploads {
  #queue = [];
  #running = 0;
  #files = 0;
  #ended = 0;
  #bytes = 0;
  #sent = 0;
  #counts = {};
  #reasons = [];
  #changed;
  #bar = el('progress', {max: 1, value: 0, 'aria-label': 'Upload'});
  #text = el('p', {});
  #list = el('ul', {});

  constructor(changed) {
    this.#changed = changed;
  }

  add(files) {
    if (files.length === 0) return;
    if (this.#running === 0) this.#begin();
    this.#queue.push(...files);
    this.#files += files.length;
    for (const file of files) this.#bytes += file.size;
    while (this.#running < AT_A_TIME && this.#queue.length > 0) this.#work();
    this.#show();
  }

  #begin() {
    this.#files = this.#ended = this.#bytes = this.#sent = 0;
    this.#counts = {Success: 0, AlreadyStored: 0, Failure: 0};
    this.#reasons = [];
    const box = byId('uploads');
    box.replaceChildren(this.#text, this.#bar, this.#list,
        el('button', {type: 'button', click: () => { box.hidden = true; }}, 'Hide'));
    box.hidden = false;
  }

  async #work() {
    ++this.#running;
    for (let file = this.#queue.shift(); file; file = this.#queue.shift()) await this.#send(file);
    if (--this.#running > 0) return;
    this.#show();
    say(this.#text.textContent);
    this.#changed();
  }

  async #send(file) {
    let before = 0;
    const sent = bytes => {
      this.#sent += bytes - before;
      before = bytes;
      this.#show();
    };
    try {
      for (const {Status, Details} of await send(file, sent)) {
        this.#counts[Status in this.#counts ? Status : 'Failure'] += 1;
        if (Details) this.#reasons.push(`${file.name}: ${Details}`);
      }
    } catch (error) {
      this.#counts.Failure += 1;
      this.#reasons.push(`${file.name}: ${error.message}`);
    }
    ++this.#ended;
    sent(file.size);
  }

  #show() {
    const {Success, AlreadyStored, Failure} = this.#counts;
    this.#bar.max = Math.max(this.#bytes, 1);
    this.#bar.value = this.#sent;
    this.#bar.hidden = this.#running === 0;
    this.#text.textContent = `${this.#ended} of ${count(this.#files, 'file', 'files')} sent (${size(this.#bytes)}): ` +
        `${count(Success, 'instance', 'instances')} stored, ${AlreadyStored} stored before, ${Failure} refused`;
    const more = this.#reasons.length - REASONS_SHOWN;
    this.#list.replaceChildren(...this.#reasons.slice(0, REASONS_SHOWN).map(reason => el('li', {}, reason)),
        more > 0 ? el('li', {}, `and ${more} more`) : '');
  }
}

// `changed` is called when all has been sent.
export function watchUploads(changed) {
  const uploads = new Uploads(changed);
  byId('upload-controls').hidden = false;
  for (const id of ['files', 'folder']) {
    byId(id).addEventListener('change', event => {
      uploads.add([...event.target.files]);
      event.target.value = '';
    });
  }
  const hasFiles = event => event.dataTransfer?.types.includes('Files');
  addEventListener('dragover', event => {
    if (!hasFiles(event)) return;
    event.preventDefault();
    document.body.classList.add('dropping');
  });
  addEventListener('dragleave', event => {
    if (!event.relatedTarget) document.body.classList.remove('dropping');
  });
  addEventListener('drop', event => {
    if (!hasFiles(event)) return;
    event.preventDefault();
    document.body.classList.remove('dropping');
    dropped(event.dataTransfer).then(files => uploads.add(files)).catch(complain);
  });
}
