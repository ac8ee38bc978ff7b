// Draws on a canvas, classifies what is there and shows how the models redraw it. The library's file is loaded as it is,
// without a bundler; README.md tells how to run the page.

import { createClassifier, preprocess } from "../../dist/library/browser.js";
import { readDigits } from "../../dist/library/reading.js";

const SIDE = 28;
const INK = "black";
const PAPER = "white";
const INK_WIDTH = 22;

const element = (id) => document.getElementById(id);
const paper = element("paper");
// The pixels are read back after every stroke.
const pen = paper.getContext("2d", { willReadFrequently: true });
const verdict = element("verdict");

pen.lineWidth = INK_WIDTH;
pen.lineCap = "round";
pen.lineJoin = "round";
let abs;
let rows;
/** What a model drew, while that is all there is on the sheet: it is 28×28 already, so it is classified as it is. */
let frame;
clearPaper();
try {
  abs = await createClassifier();
  rows = abs.classes.map(addRow);
  show();
} catch (error) {
  verdict.textContent = `The classifier could not be loaded: ${error.message}`;
}

// Strokes by mouse, pen and finger alike.
let last;
let waiting = false;
let seed = 0;

paper.addEventListener("pointerdown", (event) => {
  if (!event.isPrimary || event.button !== 0) return;
  paper.setPointerCapture(event.pointerId);
  last = placeOf(event);
  stroke(last);
});
paper.addEventListener("pointermove", (event) => {
  if (last === undefined || !event.isPrimary) return;
  // A browser gathers quick movements into one event.
  const gathered = event.getCoalescedEvents?.() ?? [];
  for (const part of gathered.length > 0 ? gathered : [event]) stroke(placeOf(part));
});
for (const end of ["pointerup", "pointercancel"]) {
  paper.addEventListener(end, (event) => {
    if (event.isPrimary) last = undefined;
  });
}
element("clear").addEventListener("click", () => {
  clearPaper();
  showSoon();
});
element("sample").addEventListener("click", () => {
  if (abs === undefined) return;
  const label = seed % abs.classes.length;
  // A model also imagines digits that it would not bet on: the first of a few that it knows again, asked as the page asks, is shown.
  const imagined = abs.sample(label, { seed, count: 8 });
  const drawn = imagined.find((image) => isKnown(label, abs.explain(image))) ?? imagined[0];
  seed += 1;
  clearPaper();
  frame = drawn;
  const small = new OffscreenCanvas(SIDE, SIDE);
  const picture = pictureOf(drawn, (value) => 1 - value);
  small.getContext("2d").putImageData(picture, 0, 0);
  pen.drawImage(small, 0, 0, paper.width, paper.height);
  showSoon();
});

/** Whether a decision names the label and stands by it. */
function isKnown(label, decision) {
  return decision.label === label && !decision.rejected;
}

/** Place of an event on the canvas, in its own pixels, whatever size it is shown in. */
function placeOf(event) {
  const { left, top, width, height } = paper.getBoundingClientRect();
  return {
    x: ((event.clientX - left) * paper.width) / width,
    y: ((event.clientY - top) * paper.height) / height,
  };
}

function stroke(place) {
  frame = undefined;
  pen.strokeStyle = INK;
  pen.beginPath();
  pen.moveTo(last.x, last.y);
  pen.lineTo(place.x, place.y);
  pen.stroke();
  last = place;
  showSoon();
}

function clearPaper() {
  frame = undefined;
  pen.fillStyle = PAPER;
  pen.fillRect(0, 0, paper.width, paper.height);
}

/** Classifies at most once a frame of the screen, however quick the pen is. */
function showSoon() {
  if (waiting || abs === undefined) return;
  waiting = true;
  requestAnimationFrame(() => {
    waiting = false;
    show();
  });
}

function show() {
  const image = frame ?? preprocess(pen.getImageData(0, 0, paper.width, paper.height)).image;
  draw(element("seen"), image);
  const blank = image.every((value) => value === 0);
  const found = blank ? undefined : abs.explain(image);
  // Only where it changes: a screen reader speaks it again each time.
  const text = found === undefined ? "Draw a digit on the sheet." : verdictOf(found);
  if (verdict.textContent !== text) verdict.textContent = text;
  draw(element("redrawn"), found?.classes[found.label].reconstruction);
  for (const [index, row] of rows.entries()) showRow(row, found, index);
}

function verdictOf({ name, confidence, rejected }) {
  const percent = inPercent(confidence);
  return rejected ? `Probably no digit. At best a ${name} (${percent} sure).` : `This is a ${name} (${percent} sure).`;
}

function inPercent(probability) {
  return `${(100 * probability).toFixed(1)} %`;
}

/** Adds a class to the table. */
function addRow(name) {
  const row = element("classes").insertRow();
  const heading = document.createElement("th");
  heading.scope = "row";
  heading.textContent = name;
  row.append(heading);
  const canvas = document.createElement("canvas");
  canvas.width = SIDE;
  canvas.height = SIDE;
  canvas.setAttribute("aria-hidden", "true");
  row.insertCell().append(canvas);
  const meter = document.createElement("meter");
  meter.setAttribute("aria-hidden", "true");
  const probability = document.createElement("span");
  probability.className = "number";
  row.insertCell().append(meter, " ", probability);
  const loss = row.insertCell();
  loss.className = "number";
  return { row, canvas, meter, probability, loss };
}

function showRow({ row, canvas, meter, probability, loss }, found, index) {
  row.classList.toggle("winner", found?.label === index);
  meter.value = found?.probabilities[index] ?? 0;
  probability.textContent = found === undefined ? "" : inPercent(found.probabilities[index]);
  loss.textContent = found === undefined ? "" : found.losses[index].toFixed(4);
  draw(canvas, found?.classes[index].reconstruction);
}

/** Shows 784 values in [0, 1] on a small canvas, or nothing. */
function draw(canvas, values) {
  const context = canvas.getContext("2d");
  if (values === undefined) context.clearRect(0, 0, SIDE, SIDE);
  else context.putImageData(pictureOf(values), 0, 0);
}

/** 784 values in [0, 1] as grey pixels. */
function pictureOf(values, grey = (value) => value) {
  const picture = new ImageData(SIDE, SIDE);
  for (let pixel = 0; pixel < values.length; ++pixel) {
    picture.data.fill(255 * grey(values[pixel]), 4 * pixel, 4 * pixel + 3);
    picture.data[4 * pixel + 3] = 255;
  }
  return picture;
}

// The wide sheet: boxes are drawn over what was written, which is kept without them.
const STRIP_INK_WIDTH = 9;
const READ_MILLISECONDS = 250;
const strip = element("strip");
const written = new OffscreenCanvas(strip.width, strip.height).getContext("2d", { willReadFrequently: true });
const shown = strip.getContext("2d");
const number = element("number");
let stripLast;
let reading;

written.lineWidth = STRIP_INK_WIDTH;
written.lineCap = "round";
written.lineJoin = "round";
written.strokeStyle = INK;
clearStrip();

strip.addEventListener("pointerdown", (event) => {
  if (!event.isPrimary || event.button !== 0) return;
  strip.setPointerCapture(event.pointerId);
  stripLast = stripPlaceOf(event);
  write(stripLast);
});
strip.addEventListener("pointermove", (event) => {
  if (stripLast !== undefined && event.isPrimary) write(stripPlaceOf(event));
});
for (const end of ["pointerup", "pointercancel"]) {
  strip.addEventListener(end, (event) => {
    if (event.isPrimary) stripLast = undefined;
  });
}
element("clear-strip").addEventListener("click", clearStrip);

function stripPlaceOf(event) {
  const { left, top, width, height } = strip.getBoundingClientRect();
  return { x: ((event.clientX - left) * strip.width) / width, y: ((event.clientY - top) * strip.height) / height };
}

function write(place) {
  written.beginPath();
  written.moveTo(stripLast.x, stripLast.y);
  written.lineTo(place.x, place.y);
  written.stroke();
  stripLast = place;
  shown.drawImage(written.canvas, 0, 0);
  // A number is read when the pen rests.
  clearTimeout(reading);
  reading = setTimeout(readStrip, READ_MILLISECONDS);
}

function clearStrip() {
  clearTimeout(reading);
  written.fillStyle = PAPER;
  written.fillRect(0, 0, strip.width, strip.height);
  shown.drawImage(written.canvas, 0, 0);
  number.textContent = "Write a number on the wide sheet.";
}

function readStrip() {
  if (abs === undefined) return;
  const picture = written.getImageData(0, 0, strip.width, strip.height);
  const { text, lines, others } = readDigits(picture, { classifier: abs });
  shown.drawImage(written.canvas, 0, 0);
  const boxes = [
    ...others.map(({ box }) => [box, "red"]),
    ...lines.flatMap((line) => line.digits.map(({ box }) => [box, "green"])),
  ];
  for (const [{ left, top, width, height }, colour] of boxes) {
    shown.strokeStyle = colour;
    shown.strokeRect(left - 1.5, top - 1.5, width + 3, height + 3);
  }
  const confidences = lines.flatMap(({ digits }) => digits.map(({ confidence }) => confidence));
  number.textContent =
    text === ""
      ? "No digit found."
      : `Reads ${text.replaceAll("\n", " and ")} (least sure digit ${inPercent(Math.min(...confidences))}).`;
}
