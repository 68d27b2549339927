// Talks to the server. All is relative to this page, so that a proxy may put it anywhere.
const ROOT = new URL('../', document.baseURI);

// path`studies/${id}`: what is put in stays one part of the path.
export function path(texts, ...values) {
  return String.raw({raw: texts}, ...values.map(encodeURIComponent));
}

export function url(where) {
  return new URL(where, ROOT).href;
}

export async function errorOf(response) {
  let said = '';
  try {
    const body = await response.json();
    said = body.Details || body.Message || '';
  } catch {
    // No body in JSON: the status has to do.
  }
  const error = new Error(said || response.statusText || `The server answered ${response.status}`);
  error.status = response.status;
  return error;
}

async function ask(method, where, body, signal) {
  const response = await fetch(url(where), {
    method, signal,
    body: body === undefined ? undefined : JSON.stringify(body),
    headers: {Accept: 'application/json', ...(body === undefined ? {} : {'Content-Type': 'application/json'})},
  });
  if (!response.ok) throw await errorOf(response);
  const text = await response.text();
  return text === '' ? null : JSON.parse(text);
}

export const get = (where, signal) => ask('GET', where, undefined, signal);
export const post = (where, body, signal) => ask('POST', where, body, signal);
export const remove = where => ask('DELETE', where);

export function pause(milliseconds) {
  return new Promise(done => setTimeout(done, milliseconds));
}

// What became of a job; `progress` is told how far it is, in percent.
export async function follow(job, progress) {
  for (;;) {
    const now = await get(path`jobs/${job.ID}`);
    progress(now.Progress);
    if (now.State === 'Success') return now;
    if (now.State === 'Failure') throw new Error(now.ErrorDetails || now.ErrorDescription || 'The job failed');
    await pause(500);
  }
}
