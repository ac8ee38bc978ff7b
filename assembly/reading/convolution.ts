// The convolutions by which `readDigits` parts lines and knows digits: a module of its own, which src/reading/ holds as text
// (`npm run build:convolution` writes it). src/reading/convolution-kernel.ts has the same sums in scalars.

/** Outputs of one block, two vectors. */
const EIGHT: i32 = 8;

/**
 * One layer. All places and lengths are in floats. The input has room on all sides for the kernel to reach over, so that its first row and
 * column are those of the kernel's first tap; the output may have such room, too.
 *
 * @param from the input's first value; its rows are `fromRow` long
 * @param parameters for each eight outputs their biases, then their weights by row and column of the kernel and by input
 * @param to where the first output goes; its rows are `toRow` long
 * @param rectified whether negative values become 0
 */
export function convolve(
  from: usize,
  fromRow: i32,
  inputs: i32,
  kernel: i32,
  stride: i32,
  dilation: i32,
  parameters: usize,
  to: usize,
  toRow: i32,
  outputs: i32,
  height: i32,
  width: i32,
  rectified: bool,
): void {
  // Taps next to each other read values next to each other.
  const across = dilation == 1 ? 1 : kernel;
  const length = dilation == 1 ? kernel * inputs : inputs;
  const least = rectified ? f32x4.splat(0) : f32x4.splat(-f32.MAX_VALUE);
  for (let first = 0; first < outputs; first += EIGHT) {
    const biases = (parameters << 2) + ((first * (1 + kernel * kernel * inputs)) << 2);
    for (let row = 0; row < height; ++row) {
      const source = (from + row * stride * fromRow) << 2;
      const target = (to + row * toRow + first) << 2;
      let column = 0;
      while (column < width) {
        // Four pixels at a time; the last four of a row may have been done in part.
        const isFour = width >= 4;
        if (isFour && column + 4 > width) column = width - 4;
        const step: usize = isFour ? <usize>((stride * inputs) << 2) : 0;
        let a0 = v128.load(biases);
        let a1 = v128.load(biases, 16);
        let b0 = a0;
        let b1 = a1;
        let c0 = a0;
        let c1 = a1;
        let d0 = a0;
        let d1 = a1;
        let weight: usize = biases + (EIGHT << 2);
        const corner: usize = source + ((column * stride * inputs) << 2);
        for (let down = 0; down < kernel; ++down) {
          for (let right = 0; right < across; ++right) {
            let at: usize = corner + ((dilation * (down * fromRow + right * inputs)) << 2);
            const end: usize = at + (length << 2);
            for (; at < end; at += 4) {
              const w0 = v128.load(weight);
              const w1 = v128.load(weight, 16);
              weight += EIGHT << 2;
              const a = v128.load32_splat(at);
              a0 = f32x4.add(a0, f32x4.mul(a, w0));
              a1 = f32x4.add(a1, f32x4.mul(a, w1));
              const b = v128.load32_splat(at + step);
              b0 = f32x4.add(b0, f32x4.mul(b, w0));
              b1 = f32x4.add(b1, f32x4.mul(b, w1));
              const c = v128.load32_splat(at + 2 * step);
              c0 = f32x4.add(c0, f32x4.mul(c, w0));
              c1 = f32x4.add(c1, f32x4.mul(c, w1));
              const d = v128.load32_splat(at + 3 * step);
              d0 = f32x4.add(d0, f32x4.mul(d, w0));
              d1 = f32x4.add(d1, f32x4.mul(d, w1));
            }
          }
        }
        let place: usize = target + ((column * outputs) << 2);
        const next: usize = isFour ? <usize>(outputs << 2) : 0;
        v128.store(place, f32x4.max(a0, least));
        v128.store(place, f32x4.max(a1, least), 16);
        place += next;
        v128.store(place, f32x4.max(b0, least));
        v128.store(place, f32x4.max(b1, least), 16);
        place += next;
        v128.store(place, f32x4.max(c0, least));
        v128.store(place, f32x4.max(c1, least), 16);
        place += next;
        v128.store(place, f32x4.max(d0, least));
        v128.store(place, f32x4.max(d1, least), 16);
        column += isFour ? 4 : 1;
      }
    }
  }
}
