// What a CommonJS file in TypeScript writes.
import whole = require("analysis-by-synthesis");
import attacks = require("analysis-by-synthesis/attacks");
import certify = require("analysis-by-synthesis/certify");
import inline = require("analysis-by-synthesis/inline");
import given = require("analysis-by-synthesis/module");

export async function label(module: WebAssembly.Module, image: Float32Array): Promise<number> {
  const abs: whole.Classifier = await (whole.isSupported()
    ? given.createClassifier({ module })
    : inline.createClassifier());
  // @ts-expect-error there is no such option
  await whole.createClassifier({ nonsense: 1 });
  const { distance } = attacks.attack("fgsm", abs, image, 7, { norm: "l2" });
  return abs.label(image) + distance + certify.normalQuantile(0.5);
}
