// One patient, study, series or instance, and what is below it.
import {actions} from './actions.js';
import {get, path, url} from './api.js';
import {el, facts, table} from './dom.js';
import {count, date, personName, size, time} from './format.js';
import {tagsView} from './tags.js';
import {framesOf, slicesOf, viewer} from './viewer.js';

const ENCAPSULATED_PDF = '1.2.840.10008.5.1.4.1.1.104.1';
const INSTANCES_SHOWN = 500;

const titles = {
  patients: r => personName(r.MainDicomTags.PatientName) || r.MainDicomTags.PatientID || 'Patient',
  studies: r => r.MainDicomTags.StudyDescription || `Study of ${date(r.MainDicomTags.StudyDate) || 'an unknown day'}`,
  series: r => r.MainDicomTags.SeriesDescription || `${r.MainDicomTags.Modality ?? ''} series ${r.MainDicomTags.SeriesNumber ?? ''}`,
  instances: r => `Instance ${r.MainDicomTags.InstanceNumber || r.IndexInSeries || ''}`,
};
const parents = {
  studies: r => ['patients', r.ParentPatient],
  series: r => ['studies', r.ParentStudy],
  instances: r => ['series', r.ParentSeries],
};
const when = (day, hour) => [date(day), time(hour)].filter(Boolean).join(' ');
const factsOf = {
  patients: t => [['Patient ID', t.PatientID], ['Birth date', date(t.PatientBirthDate)], ['Sex', t.PatientSex]],
  studies: t => [['Date', when(t.StudyDate, t.StudyTime)], ['Accession number', t.AccessionNumber],
    ['Institution', t.InstitutionName], ['Referring physician', personName(t.ReferringPhysicianName)]],
  series: t => [['Modality', t.Modality], ['Number', t.SeriesNumber], ['Date', when(t.SeriesDate, t.SeriesTime)],
    ['Body part', t.BodyPartExamined], ['Protocol', t.ProtocolName],
    ['Equipment', [t.Manufacturer, t.StationName].filter(Boolean).join(', ')]],
  instances: t => [['Created', when(t.InstanceCreationDate, t.InstanceCreationTime)], ['SOP instance UID', t.SOPInstanceUID]],
};

// From the patient down to what is above it.
async function ancestors(kind, resource, signal) {
  const above = [];
  while (parents[kind]) {
    const [parent, id] = parents[kind](resource);
    resource = await get(path`${parent}/${id}`, signal);
    kind = parent;
    above.unshift({kind, resource});
  }
  return above;
}

function pathView(above, title) {
  return el('nav', {'aria-label': 'Where this is'}, el('ol', {class: 'path'},
      above.map(({kind, resource}) => el('li', {}, el('a', {href: `#/${kind}/${resource.ID}`}, titles[kind](resource)))),
      el('li', {'aria-current': 'page'}, title)));
}

async function studiesOf(patient, {signal}) {
  const studies = await get(path`patients/${patient.ID}/studies`, signal);
  studies.sort((a, b) => (b.MainDicomTags.StudyDate ?? '').localeCompare(a.MainDicomTags.StudyDate ?? ''));
  return [el('h2', {}, count(studies.length, 'study', 'studies')), table([
    {title: 'Study', cell: s => el('a', {href: `#/studies/${s.ID}`}, titles.studies(s))},
    {title: 'Date', cell: s => when(s.MainDicomTags.StudyDate, s.MainDicomTags.StudyTime)},
    {title: 'Accession number', cell: s => s.MainDicomTags.AccessionNumber},
    {title: 'Series', number: true, cell: s => String(s.Series.length)},
  ], studies, 'Studies')];
}

// A picture beside the name says the same again: no words for it.
function thumbnail(instance) {
  const picture = el('img', {alt: '', loading: 'lazy', src: url(path`instances/${instance}/rendered?width=160&height=160`)});
  picture.addEventListener('error', () => picture.replaceWith(el('span', {class: 'blank'})));
  return picture;
}

async function seriesOf(study, {signal}) {
  const series = await get(path`studies/${study.ID}/series`, signal);
  series.sort((a, b) => Number(a.MainDicomTags.SeriesNumber ?? 0) - Number(b.MainDicomTags.SeriesNumber ?? 0));
  return [el('h2', {}, count(series.length, 'series', 'series')), el('ul', {class: 'cards'}, series.map(s => el('li', {},
      el('a', {href: `#/series/${s.ID}`}, thumbnail(s.Instances[s.Instances.length >> 1]),
          el('span', {}, el('strong', {}, titles.series(s)),
              el('span', {class: 'quiet'}, `${s.MainDicomTags.Modality ?? ''} · ${count(s.Instances.length, 'instance', 'instances')}`))))))];
}

async function instancesOf(series, {signal}) {
  const [slices, instances] = await Promise.all([slicesOf(series.ID, signal), get(path`series/${series.ID}/instances`, signal)]);
  instances.sort((a, b) => (a.IndexInSeries ?? 0) - (b.IndexInSeries ?? 0));
  const shown = instances.slice(0, INSTANCES_SHOWN);
  return [
    slices.length > 0 ? await viewer(slices, signal) : el('p', {}, 'There are no images in this series.'),
    el('details', {open: slices.length === 0}, el('summary', {}, count(instances.length, 'instance', 'instances')),
        table([
          {title: 'Instance', cell: i => el('a', {href: `#/instances/${i.ID}`}, titles.instances(i))},
          {title: 'Size', number: true, cell: i => size(i.FileSize)},
          {title: 'SOP instance UID', cell: i => i.MainDicomTags.SOPInstanceUID},
        ], shown, 'Instances'),
        shown.length < instances.length ? el('p', {}, `These are the first ${shown.length}.`) : null),
  ];
}

async function imageOf(instance, {signal}) {
  const [frames, tags] = await Promise.all([framesOf(instance.ID, signal), get(path`instances/${instance.ID}/simplified-tags`, signal)]);
  return [
    frames.length > 0 ? await viewer(frames, signal) : null,
    tags.SOPClassUID === ENCAPSULATED_PDF ?
      el('p', {}, el('a', {class: 'button', href: url(path`instances/${instance.ID}/pdf`)}, 'Open the document')) : null,
    el('h2', {}, 'Attributes'),
    tagsView(tags),
  ];
}

const below = {patients: studiesOf, studies: seriesOf, series: instancesOf, instances: imageOf};

export async function resourceView(kind, id, {mayWrite, signal}) {
  if (!(kind in below)) throw Object.assign(new Error(`There is nothing at ${kind}/${id}`), {status: 404});
  const resource = await get(path`${kind}/${id}`, signal);
  const title = titles[kind](resource);
  const [above, rest] = await Promise.all([ancestors(kind, resource, signal), below[kind](resource, {signal})]);
  const labels = resource.Labels?.length > 0 ? [['Labels', resource.Labels.join(', ')]] : [];
  return {
    title,
    content: [
      pathView(above, title),
      el('h1', {tabindex: -1}, title),
      facts([...factsOf[kind](resource.MainDicomTags), ...labels]),
      actions(kind, resource, title, mayWrite),
      ...rest.filter(Boolean),
    ],
  };
}
