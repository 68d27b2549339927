// node ohif.js MODULES CHROMIUM SITE ROOT FOLDER FILE
//
// Uses OHIF, served at SITE, on the DICOMweb server ROOT, as a person would who looks at the phantom patient, and uploads
// FILE. Pictures of what is seen are left in FOLDER. Prints {step: {ok, seconds, ...}} as JSON.
const [modules, executablePath, site, root, folder, file] = process.argv.slice(2);
const { chromium } = require(modules + "/playwright-core");

const PATIENCE = 240000;
// WebGL without a graphics card.
const ARGUMENTS = ["--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader", "--ignore-gpu-blocklist", "--no-sandbox"];

const results = {};
const wrong = [];  // answers of the server that a viewer has no use for

async function get(path) {
  return (await fetch(root + path, { headers: { Accept: "application/dicom+json" } })).json();
}
const valueOf = (dataset, tag) => dataset[tag].Value[0];

// How many colours each viewport shows once it has drawn something: nothing is one, a picture hundreds.
async function shades(page) {
  const count = () => page.evaluate(() => {
    const viewports = cornerstone.getRenderingEngines().flatMap((engine) => engine.getViewports());
    return viewports.map((viewport) => {
      const canvas = viewport.getCanvas();
      const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
      const found = new Set();
      for (let i = 0; i < data.length; i += 4) found.add((data[i] << 16) | (data[i + 1] << 8) | data[i + 2]);
      return found.size;
    });
  });
  let counted = await count();
  for (let i = 0; i < 60 && counted.some((n) => n < 2); ++i) {
    await page.waitForTimeout(500);
    counted = await count();
  }
  return counted;
}

// In the page. What is not there yet throws, and is waited for.
async function until(page, condition, argument) {
  await page.waitForFunction(([source, value]) => {
    try {
      return eval(`(${source})`)(value);
    } catch {
      return false;
    }
  }, [condition.toString(), argument], { timeout: PATIENCE, polling: 500 });
}

async function viewports(page, count) {
  await until(page, (n) => window.cornerstone?.getRenderingEngines?.().flatMap((e) => e.getViewports()).length >= n, count);
}
// All volumes have all of their slices.
async function volumes(page, count) {
  await until(page, (n) => {
    const all = cornerstone.cache.getVolumes().filter((volume) => volume.loadStatus);
    return all.length >= n && all.every((volume) => volume.loadStatus.loaded);
  }, count);
}
async function skipTour(page) {
  await page.getByText("Skip all").click({ timeout: 5000 }).catch(() => {});
}

async function step(page, name, run) {
  const began = Date.now();
  try {
    results[name] = { ok: true, ...(await run()) };
  } catch (error) {
    results[name] = { ok: false, error: error.message.slice(0, 400) };
  }
  results[name].seconds = (Date.now() - began) / 1000;
  await page.screenshot({ path: `${folder}/ohif-${name}.png` }).catch(() => {});
}

async function main() {
  const studies = await get("/studies?includefield=StudyDescription");
  const study = (description) => valueOf(studies.find((one) => valueOf(one, "00081030") === description), "0020000D");
  const browser = await chromium.launch({ executablePath, headless: true, args: ARGUMENTS });
  const page = await browser.newPage({ viewport: { width: 1000, height: 700 } });
  page.setDefaultTimeout(PATIENCE);
  page.on("response", (response) => {
    if (response.url().startsWith(root) && response.status() >= 400) wrong.push(`${response.status()} ${response.url()}`);
  });

  await step(page, "list", async () => {
    await page.goto(site + "/");
    for (const one of studies) await page.getByText(valueOf(one, "00081030")).first().waitFor();
    return { studies: studies.length };
  });

  await step(page, "stack", async () => {
    await page.goto(`${site}/viewer?StudyInstanceUIDs=${study("Head")}`);
    await viewports(page, 1);
    await until(page, () => cornerstone.getRenderingEngines()[0].getViewports()[0].getCornerstoneImage?.());
    await skipTour(page);
    return { shades: await shades(page) };
  });

  const series = await get(`/studies/${study("Thorax staging")}/series`);
  const seriesOf = (modality) => valueOf(series.find((one) => valueOf(one, "00080060") === modality), "0020000E");

  await step(page, "mpr", async () => {
    await page.goto(`${site}/viewer?StudyInstanceUIDs=${study("Thorax staging")}&SeriesInstanceUIDs=${seriesOf("CT")}&hangingprotocolId=mpr`);
    await viewports(page, 3);
    await volumes(page, 1);
    return { shades: await shades(page) };
  });

  await step(page, "rtstruct", async () => {
    await page.goto(`${site}/viewer?StudyInstanceUIDs=${study("Thorax staging")}&SeriesInstanceUIDs=${seriesOf("CT")},${seriesOf("RTSTRUCT")}`);
    await viewports(page, 1);
    await skipTour(page);
    await page.locator('[data-cy="study-browser-thumbnail-no-image"]').filter({ hasText: "RTSTRUCT" }).first().dblclick();
    await page.locator('[data-cy^="yes-hydrate"]').first().click();
    await until(page, () => services.segmentationService.getSegmentations().length > 0);
    const structures = await page.evaluate(() => services.segmentationService.getSegmentations().flatMap((one) => Object.values(one.segments).map((segment) => segment.label)));
    return { structures, shades: await shades(page) };
  });

  await step(page, "petct", async () => {
    await page.goto(`${site}/tmtv?StudyInstanceUIDs=${study("Thorax staging")}`);
    await viewports(page, 10);
    await volumes(page, 2);
    return { shades: await shades(page) };
  });

  await step(page, "upload", async () => {
    await page.goto(site + "/");
    await page.getByText("Upload", { exact: true }).first().click();
    await page.locator('input[type="file"]').first().setInputFiles(file);
    const before = studies.length;
    for (let i = 0; i < 240; ++i) {
      if ((await get("/studies")).length > before) return {};
      await page.waitForTimeout(500);
    }
    throw new Error("nothing has arrived");
  });

  await browser.close();
  console.log(JSON.stringify({ results, wrong }));
}

main().catch((error) => {
  console.log(JSON.stringify({ results, wrong, error: error.stack }));
  process.exit(1);
});
