/**
 * A tensor as a file stores it. A value of type F16 is given by its 16 bits; one of type I8 stands for itself times
 * the scale of its class and channel, `scales[class][channel]`.
 */
export type StoredTensor =
  | { readonly element: "F32"; readonly values: Float32Array }
  | { readonly element: "F16"; readonly values: Uint16Array }
  | { readonly element: "I8"; readonly values: Int8Array; readonly scales: Float32Array };
