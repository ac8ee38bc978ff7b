// What a consumer writes: TypeScript over the package's types, which every bundler below builds and a browser runs.
import { type Classification, createClassifier, preprocess } from "analysis-by-synthesis";

async function main(): Promise<Classification> {
  const abs = await createClassifier({ effort: "quick" });
  const [seven] = abs.sample(7, { seed: 1 });
  const { image } = preprocess({ data: new Uint8Array(100).fill(9), width: 10, height: 10, channels: 1 });
  abs.classify(image);
  return abs.classify(seven as Float32Array);
}

main().then(
  ({ label }) => {
    document.body.textContent = `label ${label}`;
    document.title = "done";
  },
  (error: unknown) => {
    document.body.textContent = String(error);
    document.title = "failed";
  },
);
