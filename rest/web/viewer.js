// Shows the frames of a series or an instance: the wheel goes through them, dragging changes the window.
import {errorOf, get, path, pause, url} from './api.js';
import {complain, el, field} from './dom.js';
import {firstNumber} from './format.js';

const PIXELS_KEPT = 64 << 20;  // decoded, four bytes each
const NO_IMAGES = [400, 404, 415];  // how the server says that there are none
const AHEAD = 3;
const DRAG_UNITS = 2;  // of the window, for each pixel

// Center and width for what CT shows, in Hounsfield units
const CT_WINDOWS = {
  'Soft tissue': [40, 400], Lung: [-600, 1500], Bone: [500, 2000], Brain: [40, 80], Liver: [60, 160], Mediastinum: [50, 350],
};

// [{instance, frame}] in the order of the volume; none if it has no images.
export async function slicesOf(series, signal) {
  try {
    const ordered = await get(path`series/${series}/ordered-slices`, signal);
    return ordered.SlicesShort.flatMap(([instance, first, frames]) =>
      Array.from({length: frames}, (_, i) => ({instance, frame: first + i})));
  } catch (error) {
    if (NO_IMAGES.includes(error.status)) return [];
    throw error;
  }
}

export async function framesOf(instance, signal) {
  try {
    return (await get(path`instances/${instance}/frames`, signal)).map(frame => ({instance, frame}));
  } catch (error) {
    if (NO_IMAGES.includes(error.status)) return [];
    throw error;
  }
}

// Decoded pictures by address, the last used last. Those not used for longest go.
class Pictures {
  #kept = new Map();  // of {loading: Promise, picture: null until it is there}
  #pixels = 0;
  #signal;

  constructor(signal) {
    this.#signal = signal;
    signal.addEventListener('abort', () => this.#forget(0, 0));
  }

  load(address) {
    const kept = this.#kept.get(address) ?? {loading: this.#fetch(address), picture: null};
    this.#kept.delete(address);
    this.#kept.set(address, kept);
    return kept.loading;
  }

  async #fetch(address) {
    try {
      const response = await fetch(address, {headers: {Accept: 'image/png'}, signal: this.#signal});
      if (!response.ok) throw await errorOf(response);
      const picture = await createImageBitmap(await response.blob());
      this.#kept.get(address).picture = picture;
      this.#pixels += picture.width * picture.height;
      this.#forget(PIXELS_KEPT, 1);
      return picture;
    } catch (error) {
      this.#kept.delete(address);
      throw error;
    }
  }

  #forget(pixels, spared) {
    for (const [address, {picture}] of this.#kept) {
      if (this.#pixels <= pixels || this.#kept.size <= spared) return;
      if (!picture) continue;
      this.#kept.delete(address);
      this.#pixels -= picture.width * picture.height;
      picture.close();
    }
  }
}

class Viewer {
  #slices;
  #signal;
  #pictures;
  #at;
  #direction = 1;
  #playing = false;
  #drawing = null;   // what draws now
  #drawAgain = false;
  #canvas = el('canvas', {tabindex: 0, role: 'img', width: 512, height: 512});
  #slider;
  #number = el('output', {});
  #mode;
  #center = el('input', {type: 'number', step: 'any'});
  #width = el('input', {type: 'number', min: 1, step: 'any'});
  #play = el('button', {type: 'button'}, 'Play');
  #rate;

  constructor(slices, tags, signal) {
    this.#slices = slices;
    this.#signal = signal;
    this.#pictures = new Pictures(signal);
    this.#at = slices.length >> 1;
    this.#slider = el('input', {type: 'range', min: 0, max: slices.length - 1, value: this.#at, 'aria-label': 'Image'});
    this.#rate = el('input', {type: 'number', min: 1, max: 60, value: Math.round(firstNumber(tags.RecommendedDisplayFrameRate) || firstNumber(tags.CineRate) || 10)});
    const presets = tags.Modality === 'CT' ? Object.keys(CT_WINDOWS) : [];
    this.#mode = el('select', {}, el('option', {value: 'file'}, 'As in the file'), el('option', {value: 'full'}, 'Lowest to highest value'),
        presets.map(name => el('option', {value: name}, name)), el('option', {value: 'own'}, 'Center and width'));
    this.#center.value = firstNumber(tags.WindowCenter) || '';
    this.#width.value = firstNumber(tags.WindowWidth) || '';
    this.#listen();
    signal.addEventListener('abort', () => this.#stop());
  }

  get element() {
    const many = this.#slices.length > 1;
    return el('section', {class: 'viewer', 'aria-label': 'Images'}, this.#canvas,
        many && el('div', {class: 'row'}, this.#play, this.#slider, this.#number),
        el('div', {class: 'row'}, field('Window', this.#mode), field('Center', this.#center), field('Width', this.#width),
            many && field('Images a second', this.#rate)),
        el('p', {class: 'quiet'}, many ?
          'Wheel and arrow keys: other images. Space: play. Dragging: width (sideways) and center of the window.' :
          'Dragging: width (sideways) and center of the window.'));
  }

  // One at a time; what is asked for meanwhile is drawn next, and what came between is left out.
  async draw() {
    this.#drawAgain = true;
    this.#drawing ??= this.#drawAll();
    await this.#drawing;
  }

  async #drawAll() {
    try {
      while (this.#drawAgain && !this.#signal.aborted) {
        this.#drawAgain = false;
        this.#paint(await this.#pictures.load(this.#address(this.#at)));
      }
      this.#loadAhead();
    } catch (error) {
      this.#stop();
      complain(error);
    } finally {
      this.#drawing = null;
    }
  }

  #paint(picture) {
    if (this.#canvas.width !== picture.width) this.#canvas.width = picture.width;
    if (this.#canvas.height !== picture.height) this.#canvas.height = picture.height;
    this.#canvas.getContext('2d').drawImage(picture, 0, 0);
    this.#number.textContent = `${this.#at + 1} / ${this.#slices.length}`;
    this.#canvas.setAttribute('aria-label', `Image ${this.#at + 1} of ${this.#slices.length}`);
  }

  #loadAhead() {
    for (let i = 1; i <= AHEAD && i < this.#slices.length; ++i) {
      this.#pictures.load(this.#address(this.#wrapped(this.#at + i * this.#direction))).catch(() => {});
    }
  }

  #address(at) {
    const {instance, frame} = this.#slices[at];
    const where = path`instances/${instance}/frames/${frame}/`;
    const mode = this.#mode.value;
    if (mode === 'full') return url(where + 'preview');
    const [center, width] = CT_WINDOWS[mode] ?? [this.#center.value, this.#width.value];
    if (mode === 'file' || center === '' || width === '') return url(where + 'rendered');
    return url(where + 'rendered?' + new URLSearchParams({'window-center': center, 'window-width': width}));
  }

  #wrapped(at) {
    const n = this.#slices.length;
    return ((at % n) + n) % n;
  }

  #go(to) {
    const at = Math.min(Math.max(to, 0), this.#slices.length - 1);
    if (at === this.#at) return;
    this.#direction = Math.sign(at - this.#at);
    this.#at = at;
    this.#slider.value = at;
    this.draw();
  }

  #stop() {
    this.#playing = false;
    this.#play.textContent = 'Play';
  }

  async #toggle() {
    if (this.#playing || this.#slices.length < 2) return this.#stop();
    this.#playing = true;
    this.#play.textContent = 'Stop';
    this.#direction = 1;
    while (this.#playing) {
      const begin = performance.now();
      this.#at = this.#wrapped(this.#at + 1);
      this.#slider.value = this.#at;
      await this.draw();
      const rate = Math.min(Math.max(Number(this.#rate.value) || 10, 1), 60);
      await pause(Math.max(0, 1000 / rate - (performance.now() - begin)));
    }
  }

  #setWindow(center, width) {
    this.#center.value = Math.round(center);
    this.#width.value = Math.max(1, Math.round(width));
    this.#mode.value = 'own';
    this.draw();
  }

  #listen() {
    const canvas = this.#canvas;
    canvas.addEventListener('wheel', event => {
      if (this.#slices.length < 2 || event.deltaY === 0) return;
      event.preventDefault();
      this.#go(this.#at + Math.sign(event.deltaY));
    }, {passive: false});
    const last = this.#slices.length - 1;
    const keys = {
      ArrowUp: () => this.#go(this.#at - 1), ArrowLeft: () => this.#go(this.#at - 1),
      ArrowDown: () => this.#go(this.#at + 1), ArrowRight: () => this.#go(this.#at + 1),
      PageUp: () => this.#go(this.#at - 10), PageDown: () => this.#go(this.#at + 10),
      Home: () => this.#go(0), End: () => this.#go(last), ' ': () => this.#toggle(),
    };
    canvas.addEventListener('keydown', event => {
      if (!keys[event.key] || event.ctrlKey || event.altKey || event.metaKey) return;
      event.preventDefault();
      keys[event.key]();
    });
    canvas.addEventListener('pointerdown', event => {
      canvas.setPointerCapture(event.pointerId);
      const begin = {x: event.clientX, y: event.clientY, center: Number(this.#center.value) || 128, width: Number(this.#width.value) || 256};
      const move = now => this.#setWindow(begin.center + (now.clientY - begin.y) * DRAG_UNITS, begin.width + (now.clientX - begin.x) * DRAG_UNITS);
      canvas.addEventListener('pointermove', move);
      canvas.addEventListener('lostpointercapture', () => canvas.removeEventListener('pointermove', move), {once: true});
    });
    this.#slider.addEventListener('input', () => this.#go(Number(this.#slider.value)));
    this.#play.addEventListener('click', () => this.#toggle());
    this.#mode.addEventListener('change', () => {
      const preset = CT_WINDOWS[this.#mode.value];
      if (preset) [this.#center.value, this.#width.value] = preset;
      this.draw();
    });
    for (const control of [this.#center, this.#width]) {
      control.addEventListener('change', () => {
        this.#mode.value = 'own';
        this.draw();
      });
    }
  }
}

// The viewer of [{instance, frame}]; it stops with the view that it is part of.
export async function viewer(slices, signal) {
  const tags = await get(path`instances/${slices[0].instance}/simplified-tags`, signal);
  const made = new Viewer(slices, tags, signal);
  made.draw();
  return made.element;
}
