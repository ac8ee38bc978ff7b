// A 3×3 convolution with pixel shuffle by 2 by the short algorithms of winograd.ts.
//
// As a transposed convolution (K = 6, s = 2, P = 2; see transposedConvolution.ts) output o = 2m + phase − 2 collects
// Σ_t x[m − t] w[phase + 2t] with t = 0, 1, 2: four phases, row and column alike, each of them a 3×3 convolution of the same
// input on the grid of m. One transform of the input serves all four. Forward, tiles of 4×4 outputs gather from 6×6
// inputs (F(4, 3) with g_k = w_{2−k}) and are written once; the gradient is the transpose, with the same transformed weights:
// 4×4 derivatives scatter to 6×6 inputs, where tiles add up.

import { allocate } from "../layout";
import { Layer, Plane } from "./layer";
import { line8 } from "./tile";
import {
  NARROW,
  narrowTileToPoints,
  POINTS,
  pointsToNarrowTile,
  pointsToWideTile,
  TAPS,
  transformTaps,
  WIDE,
  wideTileToPoints,
} from "./winograd";

const PHASES: i32 = 4;
const STRIDE: i32 = 2;
const SQUARE: i32 = POINTS * POINTS;

/** A grid of vectors in a plane: every pixel, or those of one phase. Steps and the address of (0, 0) are in bytes. */
@unmanaged
class View {
  address: usize;
  rowStep: usize;
  columnStep: usize;
  /** The positions that exist. */
  firstRow: i32;
  lastRow: i32;
  firstColumn: i32;
  lastColumn: i32;
}

const view: View = changetype<View>(memory.data(32, 16));
/** A tile of up to 6×6 vectors. */
const tile: usize = memory.data(36 * 16, 16);
/** No bias: 8 zeros. */
const zeros: usize = memory.data(32, 16);
/** The transformed tiles of one side and of the other, f32 [36][tiles][channels]. */
let fromPoints: usize = 0;
let toPoints: usize = 0;
let capacity: usize = 0;

/** Whether a layer can be run this way: its output has vectors of channels, and there are tiles to share weights. */
export function applies(layer: Layer, isLast: bool): bool {
  return !isLast && layer.stride == STRIDE && layer.kernel == 6 && layer.padding == 2 && tiles(layer) >= 4;
}

/** Rows or columns of tiles over an input of some size; there are as many positions of m. */
function tileLines(size: i32): i32 {
  return (size + NARROW - 1) / NARROW;
}

function tiles(layer: Layer): i32 {
  return tileLines(layer.input.height) * tileLines(layer.input.width);
}

/** Bytes of one class's transformed weights, for each direction. */
export function weightBytes(layer: Layer): usize {
  return (<usize>(SQUARE * layer.input.channels * PHASES * layer.output.channels)) << 2;
}

/** Reserves what runs of this layer need; false when memory runs out. */
export function reserve(layer: Layer): bool {
  const widest = max(layer.input.channels, PHASES * layer.output.channels);
  const bytes = (<usize>(SQUARE * tiles(layer) * widest)) << 2;
  if (bytes > capacity) {
    fromPoints = allocate(bytes);
    toPoints = allocate(bytes);
    capacity = bytes;
  }
  return fromPoints != 0 && toPoints != 0;
}

/** Forgets the buffers; called when a new model takes the memory. */
export function reset(): void {
  capacity = 0;
}

/** Transforms one class's weights, `source` f32 [input channel][row][column][output channel], for both directions. */
export function pack(layer: Layer, source: usize, forward: usize, gradient: usize): void {
  const kernel = layer.kernel;
  const inputs = layer.input.channels;
  const outputs = PHASES * layer.output.channels;
  // Taps [3][3] of one phase, then [6][3] after the first axis, [6][6] after the second.
  const taps = tile;
  const half = taps + 9 * 4;
  const whole = half + 18 * 4;
  for (let channel = 0; channel < layer.inputChannels; ++channel) {
    for (let phase = 0; phase < PHASES; ++phase) {
      for (let out = 0; out < layer.outputChannels; ++out) {
        for (let y = 0; y < TAPS; ++y) {
          for (let x = 0; x < TAPS; ++x) {
            const row = (phase >> 1) + STRIDE * y;
            const column = (phase & 1) + STRIDE * x;
            const at = ((channel * kernel + row) * kernel + column) * layer.outputChannels + out;
            const place = (2 - y) * TAPS + 2 - x;
            store<f32>(taps + ((<usize>place) << 2), load<f32>(source + ((<usize>at) << 2)));
          }
        }
        for (let x: usize = 0; x < 3; ++x) transformTaps(taps + 4 * x, 12, half + 4 * x, 12);
        for (let y: usize = 0; y < 6; ++y) transformTaps(half + 12 * y, 4, whole + 24 * y, 4);
        const output = phase * layer.output.channels + out;
        for (let point = 0; point < SQUARE; ++point) {
          const value = load<f32>(whole + ((<usize>point) << 2));
          const forwardAt = ((point * (outputs >> 3) + (output >> 3)) * inputs + channel) * 8 + (output & 7);
          store<f32>(forward + ((<usize>forwardAt) << 2), value);
          const gradientAt = ((point * (inputs >> 3) + (channel >> 3)) * outputs + output) * 8 + (channel & 7);
          store<f32>(gradient + ((<usize>gradientAt) << 2), value);
        }
      }
    }
  }
}

/** Output before the activation, for one class. */
export function forward(layer: Layer, classIndex: i32): void {
  const inputs = layer.input.channels;
  const own = layer.output.channels;
  const bias = layer.bias + <usize>classIndex * layer.biasClassBytes;
  const weights = layer.forwardWeights + <usize>classIndex * layer.forwardClassBytes;
  viewPixels(layer.input);
  spread(layer, true, 0, inputs, inputs);
  multiply(layer, inputs, PHASES * own, weights);
  for (let phase = 0; phase < PHASES; ++phase) {
    viewPhase(layer, layer.output, phase);
    storeTiles(layer, phase * own, PHASES * own, own, bias + ((<usize>(phase * own)) << 2));
  }
}

/** Derivative with respect to the layer's input, from the one with respect to its output before the activation. */
export function gradient(layer: Layer, classIndex: i32): void {
  const inputs = layer.input.channels;
  const own = layer.output.channels;
  const weights = layer.gradientWeights + <usize>classIndex * layer.gradientClassBytes;
  for (let phase = 0; phase < PHASES; ++phase) {
    viewPhase(layer, layer.outputGradient, phase);
    spread(layer, false, phase * own, PHASES * own, own);
  }
  multiply(layer, PHASES * own, inputs, weights);
  viewPixels(layer.inputGradient);
  clear(inputs);
  addTiles(layer, inputs);
}

function viewPixels(plane: Plane): void {
  view.address = plane.address;
  view.rowStep = plane.rowBytes;
  view.columnStep = (<usize>plane.channels) << 2;
  view.firstRow = 0;
  view.lastRow = plane.height - 1;
  view.firstColumn = 0;
  view.lastColumn = plane.width - 1;
}

/** The outputs of one phase, on the grid of m. */
function viewPhase(layer: Layer, plane: Plane, phase: i32): void {
  const row = (phase >> 1) - layer.padding;
  const column = (phase & 1) - layer.padding;
  const pixel = plane.channels << 2;
  view.address = plane.address + <usize>(row * <i32>plane.rowBytes + column * pixel);
  view.rowStep = plane.rowBytes << 1;
  view.columnStep = (<usize>pixel) << 1;
  view.firstRow = (1 - row) >> 1;
  view.lastRow = (plane.height - 1 - row) >> 1;
  view.firstColumn = (1 - column) >> 1;
  view.lastColumn = (plane.width - 1 - column) >> 1;
}

/** First position of a tile along an axis: a narrow one's m, or the first of its inputs. */
function origin(index: i32, isWide: bool): i32 {
  return 1 + NARROW * index - (isWide ? TAPS - 1 : 0);
}

function addressOf(row: i32, column: i32): usize {
  return view.address + <usize>row * view.rowStep + <usize>column * view.columnStep;
}

/** Transforms all tiles of the view to points; its `own` channels are those from `offset` on of `channels`. */
function spread(layer: Layer, isWide: bool, offset: i32, channels: i32, own: i32): void {
  const size = isWide ? WIDE : NARROW;
  const rows = tileLines(layer.input.height);
  const columns = tileLines(layer.input.width);
  const step = (<usize>(rows * columns * channels)) << 2;
  for (let tileRow = 0; tileRow < rows; ++tileRow) {
    const top = origin(tileRow, isWide);
    for (let tileColumn = 0; tileColumn < columns; ++tileColumn) {
      const left = origin(tileColumn, isWide);
      const points = fromPoints + ((<usize>((tileRow * columns + tileColumn) * channels + offset)) << 2);
      for (let channel: usize = 0; channel < (<usize>own) << 2; channel += 16) {
        loadTile(top, left, size, channel);
        if (isWide) wideTileToPoints(tile, points + channel, step);
        else narrowTileToPoints(tile, points + channel, step);
      }
    }
  }
}

/** For every point the product of all tiles' channels with that point's weights. */
function multiply(layer: Layer, inputs: i32, outputs: i32, weights: usize): void {
  const count = tiles(layer);
  const blockBytes = (<usize>inputs) << 5;
  const pixel = (<usize>inputs) << 2;
  const outputPixel = (<usize>outputs) << 2;
  let from = fromPoints;
  let to = toPoints;
  for (let point = 0; point < SQUARE; ++point) {
    for (let block: usize = 0; block < outputPixel; block += 32) {
      line8(from, pixel, 0, 1, inputs, weights, zeros, to + block, outputPixel, count);
      weights += blockBytes;
    }
    from += <usize>count * pixel;
    to += <usize>count * outputPixel;
  }
}

/** Transforms points to narrow tiles of the view, of the `own` channels from `offset` on, and adds a bias. */
function storeTiles(layer: Layer, offset: i32, channels: i32, own: i32, bias: usize): void {
  const rows = tileLines(layer.input.height);
  const columns = tileLines(layer.input.width);
  const step = (<usize>(rows * columns * channels)) << 2;
  for (let tileRow = 0; tileRow < rows; ++tileRow) {
    for (let tileColumn = 0; tileColumn < columns; ++tileColumn) {
      const points = toPoints + ((<usize>((tileRow * columns + tileColumn) * channels + offset)) << 2);
      for (let channel: usize = 0; channel < (<usize>own) << 2; channel += 16) {
        pointsToNarrowTile(points + channel, step, tile);
        storeTile(origin(tileRow, false), origin(tileColumn, false), channel, bias + channel);
      }
    }
  }
}

/** Transforms points to wide tiles and adds them to the view. */
function addTiles(layer: Layer, channels: i32): void {
  const rows = tileLines(layer.input.height);
  const columns = tileLines(layer.input.width);
  const step = (<usize>(rows * columns * channels)) << 2;
  for (let tileRow = 0; tileRow < rows; ++tileRow) {
    for (let tileColumn = 0; tileColumn < columns; ++tileColumn) {
      const points = toPoints + ((<usize>((tileRow * columns + tileColumn) * channels)) << 2);
      for (let channel: usize = 0; channel < (<usize>channels) << 2; channel += 16) {
        pointsToWideTile(points + channel, step, tile);
        addTile(origin(tileRow, true), origin(tileColumn, true), channel);
      }
    }
  }
}

/** Copies a tile out of the view; positions that do not exist are zero. */
function loadTile(top: i32, left: i32, size: i32, channel: usize): void {
  const rowBytes = (<usize>size) << 4;
  const firstColumn = max(left, view.firstColumn);
  const lastColumn = min(left + size - 1, view.lastColumn);
  const firstRow = max(top, view.firstRow);
  const lastRow = min(top + size - 1, view.lastRow);
  if (lastRow - firstRow + 1 < size || lastColumn - firstColumn + 1 < size) {
    for (let at: usize = 0; at < rowBytes * <usize>size; at += 16) v128.store(tile + at, f32x4.splat(0));
  }
  for (let row = firstRow; row <= lastRow; ++row) {
    let to = tile + <usize>(row - top) * rowBytes + ((<usize>(firstColumn - left)) << 4);
    let from = addressOf(row, firstColumn) + channel;
    for (let column = firstColumn; column <= lastColumn; ++column) {
      v128.store(to, v128.load(from));
      to += 16;
      from += view.columnStep;
    }
  }
}

function storeTile(top: i32, left: i32, channel: usize, bias: usize): void {
  const added = v128.load(bias);
  const firstColumn = max(left, view.firstColumn);
  const lastColumn = min(left + NARROW - 1, view.lastColumn);
  const lastRow = min(top + NARROW - 1, view.lastRow);
  for (let row = max(top, view.firstRow); row <= lastRow; ++row) {
    let from = tile + ((<usize>((row - top) * NARROW + firstColumn - left)) << 4);
    let to = addressOf(row, firstColumn) + channel;
    for (let column = firstColumn; column <= lastColumn; ++column) {
      v128.store(to, f32x4.add(v128.load(from), added));
      from += 16;
      to += view.columnStep;
    }
  }
}

function addTile(top: i32, left: i32, channel: usize): void {
  const firstColumn = max(left, view.firstColumn);
  const lastColumn = min(left + WIDE - 1, view.lastColumn);
  const lastRow = min(top + WIDE - 1, view.lastRow);
  for (let row = max(top, view.firstRow); row <= lastRow; ++row) {
    let from = tile + ((<usize>((row - top) * WIDE + firstColumn - left)) << 4);
    let to = addressOf(row, firstColumn) + channel;
    for (let column = firstColumn; column <= lastColumn; ++column) {
      v128.store(to, f32x4.add(v128.load(to), v128.load(from)));
      from += 16;
      to += view.columnStep;
    }
  }
}

/** Sets all positions of a view of whole pixels to zero. */
function clear(channels: i32): void {
  const bytes = (<usize>((view.lastColumn + 1) * channels)) << 2;
  for (let row = 0; row <= view.lastRow; ++row) memory.fill(addressOf(row, 0), 0, bytes);
}
