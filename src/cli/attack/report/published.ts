/** A model's robustness as the paper tells it: medians of distances, and accuracies in percent at the paper's bounds. */
export interface PublishedRow {
  readonly model: string;
  /** Accuracy on unchanged images. */
  readonly clean: number;
  readonly l2: readonly [median: number, accuracy: number];
  readonly linf: readonly [median: number, accuracy: number];
  readonly l0: readonly [median: number, accuracy: number];
}

/**
 * Over all attacks of Schott et al. 2018 (arXiv:1805.09190), table 1: bounds L2 1.5, L∞ 0.3, L0 12 pixels. They estimated the
 * gradients of ABS by finite differences; attacks with exact ones are stronger.
 */
export const PUBLISHED: readonly PublishedRow[] = [
  { model: "CNN", clean: 99.1, l2: [1.09, 8], linf: [0.075, 0], l0: [8.7, 19] },
  { model: "binary CNN", clean: 98.5, l2: [0.86, 3], linf: [0.34, 63], l0: [10.7, 38] },
  { model: "nearest neighbour", clean: 96.9, l2: [1.54, 53], linf: [0.19, 22], l0: [10, 34] },
  { model: "Madry et al.", clean: 98.8, l2: [1.36, 35], linf: [0.34, 87], l0: [4, 0] },
  { model: "binary ABS", clean: 99, l2: [1.33, 39], linf: [0.44, 77], l0: [21.3, 77] },
  { model: "ABS", clean: 99, l2: [2.24, 80], linf: [0.23, 8], l0: [16.3, 69] },
];
