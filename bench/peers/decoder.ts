/** One class's decoder, by whatever runtime. Calls may answer at once or later. */
export interface DecoderPeer {
  readonly name: string;
  /** What the latent looks like, 784 values. */
  forward(latent: Float32Array): Float32Array | Promise<Float32Array>;
  /** (‖image − G(latent)‖² + β ½‖latent‖²) / 784 and its derivative with respect to the latent. */
  lossAndGradient(image: Float32Array, latent: Float32Array): LatentGradient | Promise<LatentGradient>;
}

export interface LatentGradient {
  loss: number;
  gradient: Float32Array;
}
