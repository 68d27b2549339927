// node dicomweb_client.js MODULES URL FILE...: stores, searches and retrieves with npm's dicomweb-client, which viewers
// are made of, and tells as one JSON object what came. It is for browsers: xhr2 is their XMLHttpRequest.
const path = require("path");
const fs = require("fs");
const [modules, url, ...files] = process.argv.slice(2);
globalThis.XMLHttpRequest = require(path.join(modules, "xhr2"));
const { api } = require(path.join(modules, "dicomweb-client"));
const client = new api.DICOMwebClient({ url });

const bytes = (buffer) => Buffer.from(buffer);
const uid = (of, tag) => of[tag].Value[0];

async function main() {
  const datasets = files.map((file) => new Uint8Array(fs.readFileSync(file)).buffer);
  await client.storeInstances({ datasets });

  const studies = await client.searchForStudies({ queryParams: { PatientID: "*", limit: 10 } });
  const study = { studyInstanceUID: uid(studies[0], "0020000D") };
  const series = await client.searchForSeries(study);
  const one = { ...study, seriesInstanceUID: uid(series[0], "0020000E") };
  const instances = await client.searchForInstances(one);
  const instance = { ...one, sopInstanceUID: uid(instances[0], "00080018") };

  const metadata = await client.retrieveSeriesMetadata(one);
  const retrieved = await client.retrieveSeries(one);
  const frames = await client.retrieveInstanceFrames({ ...instance, frameNumbers: [1] });
  const [picture] = await client.retrieveInstanceRendered({ ...instance, mediaTypes: [{ mediaType: "image/jpeg" }] });

  process.stdout.write(JSON.stringify({
    studies: studies.length, series: series.length, instances: instances.length, metadata: metadata.length,
    files: retrieved.map((file) => file.byteLength).sort((a, b) => a - b),
    same: retrieved.every((file) => files.some((path) => bytes(file).equals(fs.readFileSync(path)))),
    frame: frames[0].byteLength, picture: bytes(picture).subarray(0, 2).toString("hex"),
  }));
}
main().catch((error) => {
  console.error(error);
  process.exit(1);
});
