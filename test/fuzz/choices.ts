import { uniformNumbers } from "../support/random-model.ts";

/**
 * Bytes as a list of choices: a target asks for what it needs and gets it from the next bytes, so that a fuzzer which
 * knows bytes alone can steer anything. Where they have run out every choice is the first, so that fewer bytes are
 * simpler cases.
 */
export class Choices {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get isSpent(): boolean {
    return this.#at >= this.#bytes.length;
  }

  byte(): number {
    return this.#bytes[this.#at++] ?? 0;
  }

  /** A whole number from 0 below `bound`, which is at most 2^32. */
  below(bound: number): number {
    if (bound <= 256) return this.byte() % bound;
    if (bound <= 65_536) return (this.byte() + 256 * this.byte()) % bound;
    return (this.byte() + 256 * this.byte() + 65_536 * this.byte() + 2 ** 24 * this.byte()) % bound;
  }

  /** Whether it happens: once in `often` times, not where bytes have run out. */
  rarely(often: number): boolean {
    return this.byte() % often === often - 1;
  }

  pick<Item>(items: readonly Item[]): Item {
    return items[this.below(items.length)] as Item;
  }

  /** The next bytes, as many as there are of `length`. */
  bytes(length: number): Uint8Array {
    const taken = this.#bytes.slice(this.#at, this.#at + length);
    this.#at += length;
    return taken;
  }

  /** All that is left. */
  rest(): Uint8Array {
    return this.bytes(Math.max(0, this.#bytes.length - this.#at));
  }

  /** Any number: whole and small, of any bits, or one of those at which programs stumble. */
  number(): number {
    switch (this.byte() % 4) {
      case 0:
        return this.byte() - 2;
      case 1:
        return this.byte() / 255;
      case 2:
        return this.pick(ODD_NUMBERS);
      default: {
        const bits = new Uint8Array(8);
        bits.set(this.bytes(8));
        return new DataView(bits.buffer).getFloat64(0);
      }
    }
  }

  /** A text of up to `length` bytes as they come, each a character. */
  text(length: number): string {
    return String.fromCharCode(...this.bytes(this.byte() % (length + 1)));
  }

  /** As many numbers in [0, 1] as are wanted: drawn, flat, or from the next bytes again and again. */
  values(length: number): Float64Array {
    const kind = this.byte() % 4;
    if (kind === 0) return new Float64Array(length).fill(this.byte() / 255);
    if (kind === 1) {
      const next = uniformNumbers(this.byte());
      return Float64Array.from({ length }, next);
    }
    if (kind === 2) {
      const next = uniformNumbers(this.byte());
      const share = this.byte() / 255;
      return Float64Array.from({ length }, () => (next() < share ? 1 : 0));
    }
    const pattern = this.bytes(1 + this.byte());
    return Float64Array.from({ length }, (_, at) => (pattern[at % Math.max(1, pattern.length)] ?? 0) / 255);
  }
}

const ODD_NUMBERS: readonly number[] = [
  Number.NaN,
  Number.POSITIVE_INFINITY,
  Number.NEGATIVE_INFINITY,
  -0,
  -1,
  1.5,
  2 ** 31,
  2 ** 32 - 1,
  2 ** 32,
  2 ** 53,
  1e37,
  1e308,
  Number.MIN_VALUE,
  2 ** -149,
  1 + 2 ** -23,
  Number.EPSILON,
];
