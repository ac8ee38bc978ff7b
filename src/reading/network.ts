/** A network of one hidden layer (tanh) from features to two scores. */
export interface ScoringNetwork {
  /** One row for each hidden unit: its bias, then a weight for each feature. */
  readonly hidden: readonly (readonly number[])[];
  /** One row for each score: its bias, then a weight for each hidden unit. */
  readonly output: readonly (readonly number[])[];
}

/** What the hidden units make of features, of which there may be more than the network takes: it takes the first ones. */
export function activations({ hidden }: ScoringNetwork, features: readonly number[]): number[] {
  return hidden.map((row) => {
    let sum = row[0] as number;
    for (let index = 1; index < row.length; ++index) sum += (row[index] as number) * (features[index - 1] as number);
    return Math.tanh(sum);
  });
}

/** The two scores for the activations of the hidden units. */
export function outputs({ output }: ScoringNetwork, units: readonly number[]): [number, number] {
  const [first, second] = output.map((row) => {
    let sum = row[0] as number;
    for (let index = 0; index < units.length; ++index) sum += (row[index + 1] as number) * (units[index] as number);
    return sum;
  }) as [number, number];
  return [first, second];
}
