/** A weights file that cannot be used: the message says what is wrong with it and, where a tensor is at fault, with which. */
export class WeightsError extends Error {
  override readonly name = "WeightsError";
}
