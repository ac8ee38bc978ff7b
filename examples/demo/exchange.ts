import type { Certificate, Found, Ink } from "analysis-by-synthesis";
import type { Norm } from "analysis-by-synthesis/attacks";

// What the page and its workers say to each other. The page asks; a worker answers, and may tell how far it is before.

/** The three that answer, and their names on the page. */
export const MODELS = {
  abs: "Analysis by synthesis",
  plain: "Plain CNN",
  adversarial: "CNN trained against attacks",
} as const;
export type ModelName = keyof typeof MODELS;
export const MODEL_NAMES = Object.keys(MODELS) as ModelName[];

/** What a model says of an image. */
export interface Decision {
  label: number;
  confidence: number;
  /** Whether the model says that this is no digit. The CNNs cannot. */
  rejected: boolean;
  /** One per class. */
  probabilities: number[];
}

/** Pixels of a canvas. */
export interface Picture {
  data: Uint8ClampedArray;
  width: number;
  height: number;
}

/** The image that the models see, and what they say. */
export interface Look {
  /** 784 values in [0, 1]. */
  image: Float32Array;
  found: Found;
  ink: Ink;
  decisions: Record<ModelName, Decision>;
}

/** Where ten descents stand after some steps. */
export interface RaceStep {
  step: number;
  /** Steps in all. */
  steps: number;
  /** One per class. */
  losses: number[];
  /** What each class draws at that step: bytes, ten times 784. */
  redrawings: Uint8Array;
}

/** How every class redraws the image in the end, and what decides. */
export interface Redrawings {
  label: number;
  runnerUp: number;
  losses: number[];
  redrawings: Uint8Array;
  /** What the model sees of the image, bytes. */
  seen: Uint8Array;
  /** Per pixel, positive where the winner explains it better than the runner-up. */
  advantage: Float32Array;
  /** Estimated distance to the next label. */
  estimate: { l2: number; linf: number } | undefined;
  certificate: Certificate;
  /** Evaluations of decoders: those of the descents shown, and those of the library's own search. */
  evaluations: { shown: number; searched: number };
}

/** An attack under way: what it tries, and the nearest success so far. */
export interface AttackStep {
  image: Float32Array;
  label: number;
  queries: number;
}

/** How an attack ended. */
export interface AttackEnd {
  success: boolean;
  image: Float32Array;
  distance: number;
  queries: number;
  decision: Decision;
}

/** A climb from noise. */
export interface Ascent {
  image: Float32Array;
  probability: number;
  /** How far the image is from the noise, in L2. */
  distance: number;
  /** Images that the model was asked about. */
  asked: number;
}

/** Some noisy copies of an image, and how all so far were labelled. */
export interface Votes {
  /** Bytes, 784 each. */
  copies: Uint8Array;
  labels: number[];
  /** Votes per class, of all copies so far. */
  tally: number[];
}

/** An image of a class's decoder, and what all models say of it. */
export interface Imagined {
  image: Float32Array;
  decision: Decision;
}

/** A place in a class's latent space. */
export interface Place {
  label: number;
  latent: Float32Array;
}

/** By task: the question, what is told meanwhile, and the answer. */
export interface Exchange {
  /** `image` is what the models would see already; a picture is preprocessed. */
  look: { question: { picture: Picture } | { image: Float32Array }; progress: never; answer: Look };
  race: { question: { image: Float32Array }; progress: RaceStep; answer: Redrawings };
  /** By norm, the attacks that there are. */
  methods: { question: Record<string, never>; progress: never; answer: Record<Norm, string[]> };
  attack: {
    question: { model: ModelName; image: Float32Array; label: number; method: string; norm: Norm };
    progress: AttackStep;
    answer: AttackEnd;
  };
  ascend: {
    question: { model: ModelName; target: number; seed: number };
    progress: Ascent;
    answer: Ascent & { success: boolean };
  };
  vote: {
    question: { model: ModelName; image: Float32Array; sigma: number; samples: number };
    progress: Votes;
    answer: Certificate;
  };
  imagine: { question: Place; progress: never; answer: Imagined };
  walk: { question: { from: Place; to: Place; stops: number }; progress: never; answer: Imagined[] };
}
export type Task = keyof Exchange;
export type Question<T extends Task> = Exchange[T]["question"];
export type Progress<T extends Task> = Exchange[T]["progress"];
export type Answer<T extends Task> = Exchange[T]["answer"];

/** From the page: a question, or that nobody waits for its answer any more. */
export type ToWorker = { id: number; task: Task; question: unknown } | { id: number; cancel: true };
/** From a worker. */
export type FromWorker =
  | { id: number; progress: unknown }
  | { id: number; answer: unknown }
  | { id: number; failure: string };

/** Numbers in a latent of the shipped weights; the page draws a slider for each. */
export const LATENTS = 20;
export const PIXELS = 784;
export const SIDE = 28;
export const CLASSES = 10;
