// From losses to probabilities: p_c = (e^(−s ℓ_c) + η) / Σ_k (e^(−s ℓ_k) + η) (Schott et al. 2018, section 4). Far from
// the data every exponential vanishes and p becomes uniform. The exponential is compiled into the module, so that
// every host gives the same bits.

/** `losses` f32 [classes] → `probabilities` f64 [classes], for scale s and floor η ≥ 0. */
export function probabilitiesOf(losses: usize, classes: i32, scale: f64, floor: f64, probabilities: usize): void {
  let total: f64 = 0;
  for (let index = 0; index < classes; ++index) {
    const loss = <f64>load<f32>(losses + ((<usize>index) << 2));
    const value = NativeMath.exp(-scale * loss) + floor;
    store<f64>(probabilities + ((<usize>index) << 3), value);
    total += value;
  }
  for (let index = 0; index < classes; ++index) {
    const at = probabilities + ((<usize>index) << 3);
    // With no floor and hopeless losses nothing is left to divide by; then no class is likelier than another.
    store<f64>(at, total > 0 ? load<f64>(at) / total : 1.0 / <f64>classes);
  }
}
