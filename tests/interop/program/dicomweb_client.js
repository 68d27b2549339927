// node dicomweb_client.js MODULES ROOT FILE...
//
// Calls every method of npm's dicomweb-client on a DICOMweb server, of which nothing is known but the files that are
// stored there first, all of one series. Prints {method: "ok" or what was wrong} as JSON.
const fs = require("fs");
const [modules, root, ...files] = process.argv.slice(2);
global.XMLHttpRequest = require(modules + "/xhr2");
const { DICOMwebClient } = require(modules + "/dicomweb-client").api ?? require(modules + "/dicomweb-client");

console.debug = console.warn = console.error = () => {};
const client = new DICOMwebClient({ url: root });
const contents = files.map((file) => fs.readFileSync(file));
const exact = (content) => content.buffer.slice(content.byteOffset, content.byteOffset + content.byteLength);

function check(condition, what) {
  if (!condition) throw new Error(what);
}
const starts = (bytes, magic) => Buffer.from(bytes).subarray(0, magic.length).equals(Buffer.from(magic));
const isJpeg = (bytes) => starts(bytes, [0xff, 0xd8, 0xff]);
const isPng = (bytes) => starts(bytes, [0x89, 0x50, 0x4e, 0x47]);
const isDicom = (bytes) => Buffer.from(bytes).subarray(128, 132).toString() === "DICM";
const valueOf = (dataset, tag) => dataset[tag].Value[0];

const results = {};
async function call(method, ask, verify) {
  try {
    await verify(await ask());
    results[method] = "ok";
  } catch (error) {
    results[method] = `${error.status ?? ""} ${error.message}`.trim();
  }
}

async function main() {
  await call("storeInstances", () => client.storeInstances({ datasets: contents.map(exact) }), (answer) => {
    const told = JSON.parse(Buffer.from(answer).toString() || answer);
    check(told["00081199"].Value.length === files.length, "not all are stored");
  });

  const [study] = await client.searchForStudies();
  const studyInstanceUID = valueOf(study, "0020000D");
  const [first] = await client.searchForInstances({ studyInstanceUID });
  const seriesInstanceUID = valueOf(first, "0020000E");
  const sopInstanceUID = valueOf(first, "00080018");
  const one = { studyInstanceUID, seriesInstanceUID, sopInstanceUID };

  await call("searchForStudies", () => client.searchForStudies({ queryParams: { PatientID: valueOf(study, "00100020"), includefield: "StudyDescription" } }),
    (found) => check(found.length === 1 && found[0]["00081030"], "not the one study"));
  await call("searchForStudies, of nobody", () => client.searchForStudies({ queryParams: { PatientID: "nobody" } }),
    (found) => check(Array.isArray(found) && found.length === 0, "somebody"));
  await call("searchForSeries", () => client.searchForSeries({ studyInstanceUID }), (found) => check(found.length === 1, "not one"));
  await call("searchForSeries, of all studies", () => client.searchForSeries(), (found) => check(found.length === 1, "not one"));
  await call("searchForInstances", () => client.searchForInstances({ studyInstanceUID, seriesInstanceUID, queryParams: { limit: 2 } }),
    (found) => check(found.length === 2, "not two"));
  await call("searchForInstances, of all studies", () => client.searchForInstances(), (found) => check(found.length === files.length, "not all"));

  await call("retrieveStudyMetadata", () => client.retrieveStudyMetadata({ studyInstanceUID }), (found) => check(found.length === files.length, "not all"));
  await call("retrieveSeriesMetadata", () => client.retrieveSeriesMetadata({ studyInstanceUID, seriesInstanceUID }), (found) => check(found.length === files.length, "not all"));
  let metadata;
  await call("retrieveInstanceMetadata", () => client.retrieveInstanceMetadata(one), (found) => {
    metadata = found[0];
    check(valueOf(metadata, "00080018") === sopInstanceUID, "of another");
  });

  const bytes = (valueOf(metadata, "00280010") * valueOf(metadata, "00280011") * valueOf(metadata, "00280100")) / 8;
  await call("retrieveInstanceFrames", () => client.retrieveInstanceFrames({ ...one, frameNumbers: [1] }),
    (frames) => check(frames.length === 1 && frames[0].byteLength === bytes, "not the pixels"));
  await call("retrieveInstanceFrames, of many types", () => client.retrieveInstanceFrames({ ...one, frameNumbers: [1], mediaTypes: [
    { mediaType: "application/octet-stream", transferSyntaxUID: "1.2.840.10008.1.2.1" }, { mediaType: "image/jls", transferSyntaxUID: "1.2.840.10008.1.2.4.80" }] }),
    (frames) => check(frames.length === 1 && frames[0].byteLength > 0, "not the frame"));
  await call("retrieveInstanceFrames, of a wildcard", () => client.retrieveInstanceFrames({ ...one, frameNumbers: [1], mediaTypes: [
    { mediaType: "application/octet-stream", transferSyntaxUID: "*" }] }), (frames) => check(frames[0].byteLength === bytes, "not the pixels"));

  await call("retrieveInstanceRendered", () => client.retrieveInstanceRendered(one), (found) => check(isJpeg(found[0] ?? found), "no JPEG"));
  await call("retrieveInstanceRendered, as PNG", () => client.retrieveInstanceRendered({ ...one, mediaTypes: [{ mediaType: "image/png" }], queryParams: { viewport: "32,32" } }),
    (found) => check(isPng(found[0] ?? found), "no PNG"));
  await call("retrieveInstanceThumbnail", () => client.retrieveInstanceThumbnail(one), (found) => check(isJpeg(found[0] ?? found), "no JPEG"));
  await call("retrieveInstanceFramesRendered", () => client.retrieveInstanceFramesRendered({ ...one, frameNumbers: [1], mediaTypes: [{ mediaType: "image/jpeg" }] }),
    (found) => check(isJpeg(found[0] ?? found), "no JPEG"));
  await call("retrieveInstanceFramesThumbnail", () => client.retrieveInstanceFramesThumbnail({ ...one, frameNumbers: [1], mediaTypes: [{ mediaType: "image/jpeg" }] }),
    (found) => check(isJpeg(found[0] ?? found), "no JPEG"));

  await call("retrieveInstance", () => client.retrieveInstance(one), (file) => check(isDicom(file), "no DICOM file"));
  await call("retrieveSeries", () => client.retrieveSeries({ studyInstanceUID, seriesInstanceUID }), (found) => check(found.length === files.length && found.every(isDicom), "not all"));
  await call("retrieveStudy", () => client.retrieveStudy({ studyInstanceUID }), (found) => check(found.length === files.length && found.every(isDicom), "not all"));

  const BulkDataURI = metadata["7FE00010"]?.BulkDataURI;
  await call("retrieveBulkData", () => client.retrieveBulkData({ BulkDataURI }), (found) => check(found[0].byteLength === bytes, "not the pixels"));
  const alone = new DICOMwebClient({ url: root, singlepart: "bulkdata" });
  await call("retrieveBulkData, a part", () => alone.retrieveBulkData({ BulkDataURI, headers: { Accept: "application/octet-stream", Range: "bytes=0-99" } }),
    (found) => check(found[0].byteLength === 100, "not the part"));

  await call("buildInstanceWadoURIUrl", async () => (await fetch(client.buildInstanceWadoURIUrl({ ...one, contentType: "application/dicom" }).replace("/dicom-web?", "/wado?"))).arrayBuffer(),
    (file) => check(isDicom(file), "no DICOM file"));
  const methods = Object.getOwnPropertyNames(DICOMwebClient.prototype).filter((name) => /^(search|retrieve|store|build)/.test(name));
  for (const method of methods) results[method] ??= "not called";
  console.log(JSON.stringify(results));
}

main().catch((error) => {
  console.log(JSON.stringify({ ...results, main: error.stack }));
});
