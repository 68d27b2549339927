// node orthanc_client.js MODULES URL FILE...: all that npm's orthanc-client asks of a server, told as one JSON
// object of what came. Bytes are told by their number.
const path = require("path");
const fs = require("fs");
const [modules, url, ...files] = process.argv.slice(2);
const Client = require(path.join(modules, "orthanc-client"));
const client = new Client({ url });

const told = {};
async function step(name, call) {
  try {
    const value = await call();
    told[name] = Buffer.isBuffer(value) ? { bytes: value.length } : value;
  } catch (error) {
    told[name] = { failed: String(error.message || error) };
  }
  return told[name];
}

async function main() {
  for (const [i, file] of files.entries()) await step(`add ${i}`, () => client.instances.add(fs.readFileSync(file)));
  const first = told["add 0"];
  const ids = { instances: first.ID, series: first.ParentSeries, studies: first.ParentStudy, patients: first.ParentPatient };

  for (const [level, id] of Object.entries(ids)) {
    const of = client[level];
    await step(`${level} all`, () => of.getAll());
    for (const name of ["get", "getInstances", "getSeries", "getStudies", "getStudy", "getPatient", "getStatistics",
                        "getArchive", "getMedia", "getAllFrames", "getFile", "getProtected", "getModulePatient"])
      if (of[name]) await step(`${level} ${name}`, () => of[name](id));
    for (const name of ["getModule", "getSharedTags", "getTags"])
      for (const simplify of [false, true])
        if (of[name]) await step(`${level} ${name} ${simplify}`, () => of[name](id, simplify));
  }
  await step("content", () => client.instances.getContent(ids.instances));
  await step("value", () => client.instances.getContent(ids.instances, "0010", "0010"));
  for (const format of ["preview", "image-uint8", "image-uint16"]) {
    await step(`image ${format}`, () => client.instances.getImage(ids.instances, format));
    await step(`frame ${format}`, () => client.instances.getFrame(ids.instances, 0, format));
  }
  await step("protect", () => client.patients.setProtected(ids.patients, true));
  await step("protected", () => client.patients.getProtected(ids.patients));
  // Not lookup(): it sends a form, and ends the process where Orthanc answers that with nothing.
  await step("now", () => client.tools.now());
  await step("uid", () => client.tools.generateUid("study"));
  await step("system", () => client.system.system());
  await step("changes", () => client.changes.getChanges({ since: 0, limit: 100 }));
  await step("last change", () => client.changes.getChanges({ last: true }));
  await step("exports", () => client.exports.getExports({ since: 0, limit: 10 }));
  await step("delete changes", () => client.changes.deleteChanges());
  await step("delete exports", () => client.exports.deleteExports());
  await step("not there", () => client.studies.get("nothing"));
  process.stdout.write(JSON.stringify(told));
}
main();
