// The suite that every runtime runs: plain JavaScript over the library's interface, with nothing of any host. It
// classifies and explains a fixed set of images, odd ones included, and returns one SHA-256 over all that came out.

const PIXELS = 784;
const TIMED_IMAGES = 60;
const TIMED_BATCHES = 7;

/** Mulberry32: whole numbers only, so the same on every engine. Floats in [0, 1). */
function seeded(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let value = Math.imul(state ^ (state >>> 15), state | 1);
    value ^= value + Math.imul(value ^ (value >>> 7), value | 61);
    return ((value ^ (value >>> 14)) >>> 0) / 2 ** 32;
  };
}

function image(valueAt) {
  return Float32Array.from({ length: PIXELS }, (_, pixel) => valueAt(pixel));
}

/** The images by name: what is no digit, values at the edges of the number format, and digits as the model draws them. */
function suiteImages(abs) {
  const noise = seeded(1);
  const sparse = seeded(2);
  const faint = seeded(3);
  const mixed = seeded(4);
  const digits = abs.classes.flatMap((_, label) => abs.sample(label, { seed: 11 + label, count: 2 }));
  const blend = (first, second) => image((pixel) => (first[pixel] + second[pixel]) / 2);
  return {
    digits,
    images: [
      image(() => 0),
      image(() => 1),
      image(() => 0.5),
      image((pixel) => (pixel < PIXELS / 2 ? 0 : 1)),
      image((pixel) => (pixel % 28 < 14 ? 1 : 0)),
      image((pixel) => (pixel + Math.floor(pixel / 28)) % 2),
      image((pixel) => (pixel + 1) * 2 ** -149),
      image((pixel) => (pixel % 3) * 2 ** -127),
      image((pixel) => (pixel === 406 ? 1 : 2 ** -126)),
      image(() => faint() * 1e-30),
      image(() => faint() * 1e-7),
      image(() => -0),
      image(() => 1 - 2 ** -24),
      image(() => noise()),
      image(() => (sparse() < 0.05 ? 1 : 0)),
      image((pixel) => Math.min(1, Math.max(0, digits[6][pixel] + 0.6 * (mixed() - 0.5)))),
      image((pixel) => 1 - digits[8][pixel]),
      blend(digits[8], digits[18]),
      blend(digits[6], digits[10]),
      ...digits,
    ],
  };
}

/** Gives the event loop a turn: in Workers, clocks stand still in between. */
function turn() {
  return new Promise((resolve) => setTimeout(resolve, 1));
}

async function now() {
  await turn();
  return performance.now();
}

/** Microseconds per classification of a drawn digit: the median of several batches. */
async function timePerImage(abs, digits) {
  const times = [];
  for (let batch = 0; batch <= TIMED_BATCHES; ++batch) {
    const begin = await now();
    for (let index = 0; index < TIMED_IMAGES; ++index) abs.classify(digits[index % digits.length]);
    // Without the millisecond of the turn, which is not ours; the first batch only warms up.
    const taken = (await now()) - begin;
    if (batch > 0) times.push(taken - 1);
  }
  times.sort((a, b) => a - b);
  return (1000 * times[TIMED_BATCHES >> 1]) / TIMED_IMAGES;
}

async function sha256(parts) {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.byteLength, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(new Uint8Array(part.buffer, part.byteOffset, part.byteLength), at);
    at += part.byteLength;
  }
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Labels, losses, latents, reconstructions and probabilities of one image, by every call that gives some. */
function answers(abs, values) {
  const { label, losses, probabilities, evaluations } = abs.classify(values);
  const explanation = abs.explain(values);
  const { gradients } = abs.lossAndGradient(values);
  return [
    Float64Array.of(label, abs.label(values), evaluations, explanation.label, explanation.runnerUp),
    losses,
    probabilities,
    explanation.losses,
    explanation.probabilities,
    ...explanation.classes.flatMap(({ latent, reconstruction }) => [latent, reconstruction]),
    ...gradients,
  ];
}

/**
 * @param load imports the library; `options` is what its `createClassifier` needs beyond the defaults
 * @returns `hash` over everything, `losses` of the first drawn digit to look at where hashes differ, and the times
 */
export async function runSuite(load, options = {}) {
  const begin = performance.now();
  const { createClassifier } = await load();
  const abs = await createClassifier(options);
  abs.classify(new Float32Array(PIXELS));
  const coldStart = performance.now() - begin;

  const { digits, images } = suiteImages(abs);
  const parts = images.flatMap((values) => [values, ...answers(abs, values)]);
  for (const other of [{ effort: "quick" }, { effort: "thorough" }, { variant: "binary-abs" }]) {
    const classifier = await createClassifier({ ...options, ...other });
    parts.push(...images.flatMap((values) => answers(classifier, values)));
    classifier.dispose();
  }
  const paper = await createClassifier({ ...options, inference: "paper" });
  parts.push(...[images[13], digits[3], digits[14]].flatMap((values) => answers(paper, values)));
  paper.dispose();

  const streamed = [];
  for await (const { losses } of abs.classifyStream(digits)) streamed.push(losses);
  const isStreamedAlike = streamed.every((losses, index) => {
    const alone = abs.classify(digits[index]).losses;
    return losses.every((loss, label) => loss === alone[label]);
  });
  if (!isStreamedAlike || streamed.length !== digits.length) throw new Error("classifyStream differs from classify");

  return {
    hash: await sha256(parts),
    losses: Array.from(abs.classify(digits[0]).losses),
    labels: images.map((values) => abs.classify(values).label),
    coldStart,
    perImage: await timePerImage(abs, digits),
  };
}
