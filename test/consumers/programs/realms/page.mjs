// Hands the classifier what another frame made.
import { createClassifier, preprocess } from "../node_modules/analysis-by-synthesis/dist/library/browser.js";

const path = "/node_modules/analysis-by-synthesis/dist/abs.wasm";

async function main() {
  const { contentWindow: frame } = document.querySelector("iframe");
  if (frame.document.readyState !== "complete") await new Promise((resolve) => frame.addEventListener("load", resolve));
  const response = () => frame.fetch(path);
  const bytes = await (await response()).arrayBuffer();
  const labels = new Set();
  for (const module of [
    await response(),
    response(),
    bytes,
    new frame.Uint8Array(bytes),
    new frame.DataView(bytes),
    await frame.WebAssembly.compile(bytes),
    new frame.URL(path, location.href),
  ]) {
    if (module instanceof Object) throw new Error("the value is of this frame");
    const abs = await createClassifier(frame.Object.assign(new frame.Object(), { module }));
    const seven = frame.Float32Array.from(abs.sample(7, { seed: 1 })[0]);
    const { image } = preprocess(new frame.ImageData(frame.Uint8ClampedArray.from(pixelsOf(seven)), 28, 28));
    labels.add(abs.label(seven)).add(abs.label(frame.Float64Array.from(image)));
    abs.decode(
      3,
      frame.Array.from({ length: abs.latents }, () => 0.5),
    );
    for await (const { label } of abs.classifyStream(frame.Array.of(seven))) labels.add(label);
  }
  return `label ${[...labels].join(" and ")}`;
}

const pixelsOf = (image) => Array.from(image).flatMap((value) => [255 * value, 255 * value, 255 * value, 255]);

main().then(
  (text) => {
    document.body.textContent = text;
    document.title = "done";
  },
  (error) => {
    document.body.textContent = String(error);
    document.title = "failed";
  },
);
