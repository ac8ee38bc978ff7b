import { encode as encodePng } from "fast-png";
import jpeg from "jpeg-js";
import { createClassifier } from "../src/entries/node.ts";
import { Random } from "../src/random.ts";
import { emptyScansJpeg, handmadePng } from "../test/files/handmade-files.ts";
import { pixels as frame, post, RAW, respondWith } from "../test/support/service.ts";
import { tableLines } from "./measure/table.ts";

// What the dearest requests cost that the services in examples/ answer, each at the bound of pixels, images or work: processor
// time, for limits.cpu_ms of examples/cloudflare-worker/wrangler.toml, and the memory that came beside what was there before.
//
//   npx tsx bench/uploads.ts

const MOST_PIXELS = 2_000_000;
const [WIDTH, HEIGHT] = [2000, 1000];
const MEBIBYTE = 2 ** 20;
const REPEATS = 3;

const random = new Random(1);
const noise = Uint8Array.from({ length: 4 * MOST_PIXELS }, () => random.below(256));
const smooth = Uint8Array.from({ length: 4 * MOST_PIXELS }, (_, index) => (index >> 13) & 255);
const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString("base64");

const small = encodePng({ data: noise.subarray(0, 40_000), width: 200, height: 200, channels: 1 });
const requests: Readonly<Record<string, () => Request>> = {
  "a PNG, RGB with alpha, 16 bits": () =>
    post(
      handmadePng({ width: WIDTH, height: HEIGHT, depth: 16, colourType: 6, rows: paethRows(8 * WIDTH) }),
      "image/png",
    ),
  "a smooth JPEG in full colour": () =>
    post(jpeg.encode({ data: smooth, width: WIDTH, height: HEIGHT }, 90).data, "image/jpeg"),
  "a JPEG of noise": () => post(jpeg.encode({ data: noise, width: WIDTH, height: HEIGHT }, 40).data, "image/jpeg"),
  "a JPEG of many scans": () => post(emptyScansJpeg(1400, 150), "image/jpeg"),
  "50 PNGs of 200×200 in base64": () => post(JSON.stringify(new Array(50).fill(base64(small))), "application/json"),
  "50 frames": () => post(Buffer.concat(new Array<Uint8Array>(50).fill(frame)), RAW),
  "one frame": () => post(frame, RAW),
};

const respond = respondWith(createClassifier, { log: () => {} });
await respond(post(frame, RAW));
const rows: string[][] = [];
for (const [name, make] of Object.entries(requests)) {
  const bytes = (await make().arrayBuffer()).byteLength;
  let least = Number.POSITIVE_INFINITY;
  let most = 0;
  let status = 0;
  for (let repeat = 0; repeat < REPEATS; ++repeat) {
    const request = make();
    const before = process.memoryUsage().rss;
    const began = process.cpuUsage();
    const answer = await respond(request);
    const { user, system } = process.cpuUsage(began);
    status = answer.status;
    least = Math.min(least, (user + system) / 1000);
    most = Math.max(most, process.memoryUsage().rss - before);
  }
  rows.push([name, `${bytes}`, `${status}`, least.toFixed(0), (most / MEBIBYTE).toFixed(0)]);
}
console.log(tableLines(["request", "bytes", "status", "processor ms", "memory MiB"], rows));

/** Rows of the filter that costs most. */
function paethRows(rowBytes: number): Uint8Array {
  const filtered = new Uint8Array((rowBytes + 1) * HEIGHT);
  for (let row = 0; row < HEIGHT; ++row) filtered[row * (rowBytes + 1)] = 4;
  return filtered;
}
