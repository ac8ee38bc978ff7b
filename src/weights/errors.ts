/** A weights file that cannot be used: the message says what is wrong with it and, where it is one, with which tensor. */
export class WeightsError extends Error {
  override readonly name = "WeightsError";
}
