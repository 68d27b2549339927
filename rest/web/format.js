// DICOM's values as people write them.

// PS3.5 6.2.1: groups by '=', components by '^'. "DOE^JANE^A" is "DOE, JANE A".
export function personName(text = '') {
  return text.split('=').map(group => {
    const [family = '', ...others] = group.split('^');
    const given = others.filter(Boolean).join(' ');
    return family && given ? `${family}, ${given}` : family || given;
  }).filter(Boolean).join(' = ');
}

// DA, PS3.5 6.2
export function date(text = '') {
  const parts = /^(\d{4})(\d{2})(\d{2})$/.exec(text);
  return parts ? parts.slice(1).join('-') : text;
}

// TM
export function time(text = '') {
  const parts = /^(\d{2})(\d{2})/.exec(text);
  return parts ? `${parts[1]}:${parts[2]}` : text;
}

export function size(bytes) {
  const units = ['bytes', 'KiB', 'MiB', 'GiB', 'TiB'];
  let value = Number(bytes);
  let unit = 0;
  for (; value >= 1024 && unit + 1 < units.length; ++unit) value /= 1024;
  return `${unit === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${units[unit]}`;
}

// The first of several values, as a number; NaN if there is none.
export function firstNumber(text) {
  return text ? Number.parseFloat(text.split('\\')[0]) : Number.NaN;
}

export function count(n, one, many) {
  return `${n} ${n === 1 ? one : many}`;
}
