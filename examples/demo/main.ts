import { CLASSES, LATENTS, type Look } from "./exchange.ts";
import { normals } from "./noise.ts";
import { Answers } from "./page/answers.ts";
import { Bench, Cancelled } from "./page/bench.ts";
import { listenForCamera } from "./page/camera.ts";
import { CurrentImage } from "./page/current-image.ts";
import { clearDigit, showDigit } from "./page/digit-canvas.ts";
import { button, canvas, element, setText } from "./page/elements.ts";
import { keepOffline } from "./page/offline.ts";
import { Paper } from "./page/paper.ts";
import { listenForPictures, pixelsOf } from "./page/pictures.ts";
import { RaceView } from "./page/race.ts";
import { startTabs } from "./page/tabs.ts";
import { failureOf, inDecimals, verdictOf } from "./page/words.ts";
import { startCertify } from "./panels/certify.ts";
import { FoolPanel } from "./panels/fool.ts";
import { ImaginePanel } from "./panels/imagine.ts";
import { startUnrecognisable } from "./panels/unrecognisable.ts";

// The sheet and what is said of it. What lies on the sheet is a drawing, a picture, or an image that a model drew; it is looked
// at as soon as it changes, and raced over once a stroke is over.

/** What is asked about. */
type Source = { picture: ImageData } | { image: Float32Array } | "drawing";

/** When the first decision was shown, for whoever measures that (scripts/demo/measure.ts). */
const FIRST_DECISION = "first-decision";

/** The 2 that the page opens with: a visitor sees at once what it does. */
const OPENING: readonly (readonly (readonly [number, number])[])[] = [
  [
    [0.28, 0.24],
    [0.42, 0.15],
    [0.6, 0.17],
    [0.69, 0.29],
    [0.66, 0.42],
    [0.56, 0.54],
    [0.42, 0.68],
    [0.28, 0.82],
    [0.46, 0.81],
    [0.6, 0.82],
    [0.75, 0.8],
  ],
];

const bench = new Bench();
const current = new CurrentImage();
const answers = new Answers(element("answers", HTMLElement));
const race = new RaceView();
const verdict = element("verdict", HTMLElement);
const certified = element("certified", HTMLElement);
const estimated = element("estimated", HTMLElement);

let source: Source = "drawing";
let isLooking = false;
/** Whether the sheet changed while it was looked at, and whether that ended a stroke. */
let pending: { isOver: boolean } | undefined;
let running: AbortController | undefined;

/** Changes of the sheet so far: what was asked for before the last one comes too late. */
let changes = 0;

const paper = new Paper(canvas("paper"), (isOver) => {
  ++changes;
  source = "drawing";
  void look(isOver);
});
const fool = new FoolPanel(bench, current);
const imagine = new ImaginePanel(bench, layOnSheet);

/** Looks at the sheet; while that takes, further changes wait, and the last one counts. */
async function look(isOver: boolean): Promise<void> {
  if (isLooking) {
    pending = { isOver };
    return;
  }
  isLooking = true;
  running?.abort();
  outdate();
  try {
    const seen = await bench.ask("look", source === "drawing" ? { picture: paper.pixels() } : source);
    show(seen);
    if (performance.getEntriesByName(FIRST_DECISION).length === 0) {
      performance.mark(FIRST_DECISION);
      // What else is needed waits for that.
      void fool.listMethods();
      void keepOffline();
    }
    if (isOver && pending === undefined && seen.found !== "nothing") void runRace(seen.image);
  } catch (error) {
    showNothing();
    fail(error);
  } finally {
    isLooking = false;
    if (pending !== undefined) {
      const { isOver: wasOver } = pending;
      pending = undefined;
      void look(wasOver);
    }
  }
}

function show(seen: Look): void {
  setText(verdict, verdictOf(seen));
  if (seen.found === "nothing") {
    showNothing();
    return;
  }
  const { abs } = seen.decisions;
  const truth = abs.rejected ? undefined : abs.label;
  answers.show(seen.decisions);
  showDigit(canvas("seen"), seen.image);
  fool.truth = truth;
  current.set(seen.image);
}

function showNothing(): void {
  answers.clear();
  race.clear();
  clearDigit(canvas("seen"));
  fool.truth = undefined;
  current.set(undefined);
}

/** Takes back, or marks, what is said of an earlier image only after a while. */
function outdate(): void {
  race.outdate();
  certified.textContent = "…";
  estimated.textContent = "…";
}

async function runRace(image: Float32Array): Promise<void> {
  running = new AbortController();
  race.begin();
  try {
    const end = await bench.ask("race", { image }, { onProgress: (step) => race.step(step), signal: running.signal });
    race.end(end);
    const { certificate, estimate } = end;
    certified.textContent = certificate.abstained
      ? "none: copies disagree"
      : `${inDecimals(certificate.radius, 2)} in L2`;
    estimated.textContent = estimate === undefined ? "none" : `${inDecimals(estimate.l2, 2)} in L2`;
  } catch (error) {
    fail(error);
  }
}

function fail(error: unknown): void {
  if (error instanceof Cancelled) return;
  setText(verdict, `Something went wrong: ${failureOf(error)}`);
}

/** Lays what a model drew on the sheet: it is 28×28 already, so it is looked at as it is. */
function layOnSheet(image: Float32Array): void {
  ++changes;
  paper.showImage(image);
  source = { image };
  void look(true);
}

function layPicture(picture: ImageBitmap): void {
  ++changes;
  paper.showPicture(picture, picture.width, picture.height);
  source = { picture: pixelsOf(picture, picture.width, picture.height) };
  picture.close();
  void look(true);
}

// What fails in a panel, too, such as what cannot be loaded, is said where everybody looks.
window.addEventListener("unhandledrejection", ({ reason }) => fail(reason));

let sampled = 0;
button("sample").addEventListener("click", async () => {
  const label = sampled % CLASSES;
  const normal = normals(++sampled);
  // Nearer to the middle than most samples, so that what is drawn looks like what it is.
  const latent = Float32Array.from({ length: LATENTS }, () => 0.7 * normal());
  const before = ++changes;
  const { image } = await bench.ask("imagine", { label, latent });
  if (changes === before) layOnSheet(image);
});
button("clear").addEventListener("click", () => paper.clear());
const tell = (message: string): void => setText(verdict, message);
listenForPictures(layPicture, tell);
listenForCamera(layPicture, tell);
startUnrecognisable();
startCertify(current);
startTabs(element("tabs", HTMLElement), (name) => {
  if (name === "imagine") imagine.open();
});
paper.draw(OPENING);
