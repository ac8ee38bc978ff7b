// Classifies a stream of raw frames in little memory; README.md tells how to run it. Imported by its name, the package is
// the built one of dist/, by the same entry as where it is installed.

import { parseArgs } from "node:util";
import { createClassifier } from "analysis-by-synthesis";

const PIXELS = 784;
const MEGABYTE = 2 ** 20;

const { values: options } = parseArgs({ options: { drawn: { type: "string" } } });
const abs = await createClassifier();
let frames = 0;

/** Classifies one frame and prints what was found. */
function classify(image) {
  const { label, confidence, rejected } = abs.classify(image);
  console.log(JSON.stringify({ frame: frames++, label, confidence, rejected }));
}

/** Classifies the frames of a stream, whose pieces may be cut anywhere; only one frame is kept. */
async function classifyStream(stream) {
  const frame = new Uint8Array(PIXELS);
  let filled = 0;
  for await (const piece of stream) {
    for (let from = 0; from < piece.length; ) {
      const part = piece.subarray(from, from + PIXELS - filled);
      frame.set(part, filled);
      from += part.length;
      filled += part.length;
      if (filled < PIXELS) continue;
      classify(frame);
      filled = 0;
    }
  }
  if (filled > 0) throw new Error(`frame ${frames}: got ${filled} bytes, wanted ${PIXELS} (28×28)`);
}

/** Classifies frames that the models draw, digit after digit. */
function classifyDrawn(count) {
  for (let seed = 0; seed < count; ++seed) {
    for (const image of abs.sample(seed % abs.classes.length, { seed })) classify(image);
  }
}

const wanted = options.drawn ?? (process.stdin.isTTY ? "100" : undefined);
try {
  if (wanted === undefined) await classifyStream(process.stdin);
  else if (/^[1-9][0-9]{0,5}$/.test(wanted)) classifyDrawn(Number(wanted));
  else throw new Error(`--drawn: got ${wanted}, wanted a whole number of frames from 1 to 999999`);
  const inMegabytes = (bytes) => Number((bytes / MEGABYTE).toFixed(1));
  console.error(
    JSON.stringify({
      frames,
      moduleMemory: inMegabytes(abs.memoryBytes),
      residentSet: inMegabytes(process.memoryUsage.rss()),
    }),
  );
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}
