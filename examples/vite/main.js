// Classifies a picture that the user chooses. Vite finds the module by the package's own reference to it.

import { createClassifier, preprocess } from "analysis-by-synthesis";

/** Longest side of the picture that is looked at, in pixels: photographs have many more than a digit needs. */
const LONGEST_SIDE = 1024;

const picture = document.getElementById("picture");
const verdict = document.getElementById("verdict");
const tell = (text) => {
  verdict.textContent = text;
};

/** The pixels of a file, as wide and high as they may be. */
async function pixelsOf(file) {
  const bitmap = await createImageBitmap(file);
  const scale = Math.min(1, LONGEST_SIDE / Math.max(bitmap.width, bitmap.height));
  const width = Math.max(1, Math.round(bitmap.width * scale));
  const height = Math.max(1, Math.round(bitmap.height * scale));
  const context = new OffscreenCanvas(width, height).getContext("2d");
  context.drawImage(bitmap, 0, 0, width, height);
  bitmap.close();
  return context.getImageData(0, 0, width, height);
}

async function start() {
  const abs = await createClassifier();
  picture.addEventListener("change", async () => {
    const [file] = picture.files;
    if (file === undefined) return;
    try {
      const { name, confidence, rejected } = abs.classify(preprocess(await pixelsOf(file)).image);
      const percent = (100 * confidence).toFixed(1);
      tell(rejected ? `Probably no digit, at best a ${name} (${percent} %).` : `A ${name} (${percent} %).`);
    } catch (error) {
      tell(`${file.name} cannot be read: ${error.message}`);
    }
  });
  tell("Choose a picture.");
}

start().catch((error) => tell(`The classifier could not be loaded: ${error.message}`));
