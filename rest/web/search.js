// Searches patients and studies, POST /tools/find.
import {path, post} from './api.js';
import {el, field, table} from './dom.js';
import {date, personName, time} from './format.js';

const PAGE = 50;

const newest = (Type, Key) => ({Type, Key, Direction: 'DESC'});
const ORDERS = {
  date: {title: 'Newest study first', by: [newest('DicomTag', 'StudyDate'), newest('DicomTag', 'StudyTime')]},
  received: {title: 'Last received first', by: [newest('Metadata', 'LastUpdate')]},
  name: {title: 'By name', by: [{Type: 'DicomTag', Key: 'PatientName', Direction: 'ASC'}]},
};

const PATIENT_FIELDS = [
  {tag: 'PatientName', title: 'Patient name'},
  {tag: 'PatientID', title: 'Patient ID'},
];
const patientOf = found => found.PatientMainDicomTags ?? found.MainDicomTags;
const link = (kind, found, text) => el('a', {href: `#/${path`${kind}/${found.ID}`}`}, text || '(none)');

const LEVELS = {
  Study: {
    title: 'Studies',
    orders: ['date', 'received', 'name'],
    fields: [...PATIENT_FIELDS, {tag: 'AccessionNumber', title: 'Accession number'},
      {tag: 'StudyDescription', title: 'Study description'}, {tag: 'ModalitiesInStudy', title: 'Modality', exact: true}],
    dates: 'StudyDate',
    requested: ['ModalitiesInStudy', 'NumberOfStudyRelatedInstances'],
    columns: [
      {title: 'Patient', cell: s => link('studies', s, personName(patientOf(s).PatientName))},
      {title: 'Patient ID', cell: s => link('patients', {ID: s.ParentPatient}, patientOf(s).PatientID)},
      {title: 'Date', cell: s => `${date(s.MainDicomTags.StudyDate)} ${time(s.MainDicomTags.StudyTime)}`},
      {title: 'Description', cell: s => s.MainDicomTags.StudyDescription},
      {title: 'Modality', cell: s => s.RequestedTags?.ModalitiesInStudy?.replaceAll('\\', ', ')},
      {title: 'Accession number', cell: s => s.MainDicomTags.AccessionNumber},
      {title: 'Series', number: true, cell: s => String(s.Series.length)},
      {title: 'Images', number: true, cell: s => s.RequestedTags?.NumberOfStudyRelatedInstances},
    ],
  },
  Patient: {
    title: 'Patients',
    orders: ['received', 'name'],
    fields: PATIENT_FIELDS,
    dates: null,
    requested: [],
    columns: [
      {title: 'Patient', cell: p => link('patients', p, personName(p.MainDicomTags.PatientName))},
      {title: 'Patient ID', cell: p => p.MainDicomTags.PatientID},
      {title: 'Birth date', cell: p => date(p.MainDicomTags.PatientBirthDate)},
      {title: 'Sex', cell: p => p.MainDicomTags.PatientSex},
      {title: 'Studies', number: true, cell: p => String(p.Studies.length)},
    ],
  },
};

// What somebody types is found anywhere in a value, unless he says where: "doe*".
function key(text, exact) {
  return exact ? text.toUpperCase() : /[*?]/.test(text) ? text : `*${text}*`;
}

function findRequest(level, asked) {
  const query = {};
  for (const {tag, exact} of level.fields) {
    const text = asked.get(tag)?.trim();
    if (text) query[tag] = key(text, exact);
  }
  const [from, to] = ['from', 'to'].map(name => (asked.get(name) ?? '').replaceAll('-', ''));
  if (level.dates && (from || to)) query[level.dates] = `${from}-${to}`;
  return query;
}

function searchForm(levelName, level, asked) {
  const control = (name, type) => el('input', {name, type, value: asked.get(name) ?? '', autocomplete: 'off', spellcheck: 'false'});
  const order = el('select', {name: 'order'}, level.orders.map(
      name => el('option', {value: name, selected: name === asked.get('order')}, ORDERS[name].title)));
  const form = el('form', {role: 'search'},
      el('div', {class: 'fields'},
          level.fields.map(({tag, title}) => field(title, control(tag, 'search'))),
          level.dates && [field('From', control('from', 'date')), field('To', control('to', 'date'))],
          field('Order', order),
          el('button', {class: 'main'}, 'Search')),
      el('p', {class: 'quiet'}, 'Part of a word is enough. * stands for any text, ? for one letter.'));
  const search = () => {
    const query = new URLSearchParams({level: levelName});
    for (const [name, value] of new FormData(form)) if (value !== '') query.set(name, value);
    location.hash = `#/?${query}`;
  };
  form.addEventListener('submit', event => {
    event.preventDefault();
    search();
  });
  order.addEventListener('change', search);
  return form;
}

function pager(asked, page, isLast) {
  const turn = (to, text) => {
    const query = new URLSearchParams(asked);
    query.set('page', to);
    return el('a', {class: 'button', href: `#/?${query}`}, text);
  };
  if (page === 0 && isLast) return null;
  return el('nav', {class: 'row', 'aria-label': 'Pages'}, page > 0 ? turn(page - 1, 'Previous page') : null,
      el('span', {}, `Page ${page + 1}`), isLast ? null : turn(page + 1, 'Next page'));
}

export async function searchView(asked, signal) {
  const levelName = asked.get('level') in LEVELS ? asked.get('level') : 'Study';
  const level = LEVELS[levelName];
  const page = Math.max(0, Number.parseInt(asked.get('page') ?? '0', 10) || 0);
  const order = level.orders.includes(asked.get('order')) ? asked.get('order') : level.orders[0];
  const found = await post('tools/find', {
    Level: levelName,
    Query: findRequest(level, asked),
    Expand: true,
    Since: page * PAGE,
    Limit: PAGE + 1,  // whether there are more
    OrderBy: ORDERS[order].by,
    RequestedTags: level.requested,
  }, signal);
  const rows = found.slice(0, PAGE);
  return {
    title: level.title,
    content: [
      el('h1', {tabindex: -1}, level.title),
      searchForm(levelName, level, asked),
      rows.length > 0 ? table(level.columns, rows, level.title) : el('p', {}, 'Nothing was found.'),
      pager(asked, page, found.length <= PAGE) ?? '',
    ],
  };
}
