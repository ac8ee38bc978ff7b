// Random numbers for attacks and corruptions: seeded, and the same in every engine.

const TWO_32 = 2 ** 32;

/** One seed per name, so that what is named draws the same alone and among others: FNV-1a over the name. */
export function seedOf(seed: number, name: string): number {
  let hash = seed ^ 0x811c9dc5;
  for (const character of name) hash = Math.imul(hash ^ (character.codePointAt(0) as number), 0x01000193);
  return hash >>> 0;
}

/**
 * A generator of random numbers: sfc32 (Chris Doty-Humphrey's small fast counting generator), whose bits pass PractRand.
 * Equal seeds give equal numbers on every host, but for `normal`, which rests on the engine's logarithm and cosine.
 */
export class Random {
  #a: number;
  #b: number;
  #c: number;
  #counter = 1;

  /** @param seed a whole number from 0 below 2^32 */
  constructor(seed: number) {
    this.#a = seed | 0;
    this.#b = 0x9e3779b9 | 0;
    this.#c = 0x243f6a88 | 0;
    // Seeds that differ in one bit are far apart only after some rounds.
    for (let round = 0; round < 16; ++round) this.#next();
  }

  #next(): number {
    const sum = (((this.#a + this.#b) | 0) + this.#counter) | 0;
    this.#counter = (this.#counter + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + sum) | 0;
    return sum >>> 0;
  }

  /** Uniform in [0, 1). */
  uniform(): number {
    return this.#next() / TWO_32;
  }

  /** Uniform among the whole numbers from 0 below `bound`. */
  below(bound: number): number {
    return Math.floor(this.uniform() * bound);
  }

  /** From N(0, 1), by Box and Muller's transform. */
  normal(): number {
    const radius = Math.sqrt(-2 * Math.log(1 - this.uniform()));
    return radius * Math.cos(2 * Math.PI * this.uniform());
  }

  /** A seed for a generator whose numbers are independent of this one's. */
  seed(): number {
    return this.#next();
  }

  /** Orders the items at random, in place (Fisher and Yates). */
  shuffle(items: Int32Array | number[]): void {
    for (let last = items.length - 1; last > 0; --last) {
      const other = this.below(last + 1);
      const item = items[last] as number;
      items[last] = items[other] as number;
      items[other] = item;
    }
  }
}
