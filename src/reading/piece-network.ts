import { Network } from "./convolution.ts";
import { LINE_ROWS } from "./line-image.ts";
import { PIECE_NETWORK } from "./piece-weights.ts";
import { WINDOW_CHANNELS, WINDOW_COLUMNS } from "./piece-window.ts";

// A small convolutional network that tells whether a piece of ink is one digit, by itself and by what surrounds it: not a part of one,
// several or something else. Which digit it takes it for is but a second opinion, for where the classifier doubts.

/** The kind of what is no digit, after the ten digits. */
export const OTHER = 10;

/** What the network thinks of a piece. */
export interface Impression {
  /** The log odds that it is one digit. */
  readonly logit: number;
  /** How likely each digit is, provided that it is one. */
  readonly digits: readonly number[];
}

let network: Network | undefined;

/** @param window from `windowsOf` */
export function impressionOf(window: Float32Array): Impression {
  network ??= new Network(PIECE_NETWORK);
  const { values, rows, columns, channels } = network.run({
    values: window,
    rows: LINE_ROWS,
    columns: WINDOW_COLUMNS,
    channels: WINDOW_CHANNELS,
  });
  const places = rows * columns;
  const scores = Array.from({ length: OTHER + 1 }, (_, kind) => {
    let sum = 0;
    for (let place = 0; place < places; ++place) sum += values[place * channels + kind] as number;
    return sum / places;
  });
  const other = scores.pop() as number;
  const most = Math.max(...scores);
  const exponentials = scores.map((score) => Math.exp(score - most));
  const sum = exponentials.reduce((all, one) => all + one, 0);
  return { logit: Math.log(sum) + most - other, digits: exponentials.map((one) => one / sum) };
}
