// What every entry offers besides its own `createClassifier`.

export type { Latent } from "../arguments/latent.ts";
export type { RadiusEstimate } from "../certify/radius-estimate.ts";
export type { Certificate, SmoothingBase, SmoothingOptions } from "../certify/smoothing.ts";
export type { Classifier } from "../classifier.ts";
export type { ClassifierOptions, CreateClassifier } from "../create-classifier.ts";
export type { Effort } from "../effort.ts";
export type { ConfidenceKind } from "../engine.ts";
export { fitsMnist } from "../image/framed.ts";
export type { Box, Found, Ink, PixelData, PixelImage, Preprocessed } from "../image/preprocess.ts";
export { preprocess } from "../image/preprocess.ts";
export type { Frames } from "../image-stream.ts";
export type { ImageValues } from "../image-values.ts";
export { isSupported } from "../load/host.ts";
export type { ModuleSource } from "../load/instantiate.ts";
export type { ClassExplanation, Classification, Evaluation, Explanation, LossAndGradient } from "../results.ts";
export type { Inference } from "../search.ts";
export type { View } from "../views.ts";
export { WeightsError } from "../weights/errors.ts";
export type { Variant } from "../weights/variants.ts";
