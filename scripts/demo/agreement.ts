import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { readConvolutions } from "../../bench/models/gradient-cnn.ts";
import { readDigits, toUnitRange } from "../../bench/sets/mnist.ts";
import { ConvolutionalNetwork } from "../../src/networks/convolutional-network.ts";
import { readStoredNetwork, storeNetwork } from "../../src/networks/stored-network.ts";

// How often the demo's CNNs, stored in 8 bits, give the label of the exact weights, on MNIST's validation images:
// `npx tsx scripts/demo/agreement.ts --data FOLDER`.

const { values } = parseArgs({ options: { data: { type: "string" } } });
if (values.data === undefined) throw new Error("--data FOLDER is wanted");
const { count, image, labels } = readDigits(values.data, "validation");
for (const name of ["plain", "adversarial"]) {
  const convolutions = readConvolutions(
    fileURLToPath(new URL(`../../bench/baselines/${name}-cnn.safetensors`, import.meta.url)),
  );
  const exact = new ConvolutionalNetwork(convolutions);
  const stored = new ConvolutionalNetwork(readStoredNetwork(storeNetwork(convolutions)));
  let agreeing = 0;
  const right = { exact: 0, stored: 0 };
  for (let index = 0; index < count; ++index) {
    const values = toUnitRange(image(index));
    const [one, other] = [exact.classify(values).label, stored.classify(values).label];
    if (one === other) ++agreeing;
    if (one === labels[index]) ++right.exact;
    if (other === labels[index]) ++right.stored;
  }
  console.log(`${name}: ${agreeing} of ${count} labels agree; right ${right.exact} exact, ${right.stored} in 8 bits`);
}
