"""Fitting the calibrated confidence on images of the data, clean and spoilt, and on synthetic junk."""

from dataclasses import replace
from typing import Callable, Mapping, Optional, Sequence

import torch
from torch import Tensor
from tqdm import tqdm

from abs_training.confidence.calibration import lowest_threshold
from abs_training.confidence.evidence import (
    SINGLE_FEATURES,
    Evidence,
    evidence_of,
    joined,
)
from abs_training.confidence.gate_fit import GateSettings, fit_gate, shift_gate
from abs_training.confidence.model import CalibratedConfidence
from abs_training.confidence.redrawing import redraw
from abs_training.confidence.rounding import DIGITS, rounded
from abs_training.confidence.sets import JUNK_IN_UNEVEN_LIGHT, MoreImages, SetSizes, sets_for_fit
from abs_training.decoders.layers import Decoder
from abs_training.images.data import PIXELS, ImageSet
from abs_training.race.starts import RaceStarts
from abs_training.images.junk import KINDS
from abs_training.search.assumptions import Assumptions

TRAINING_SHARES = {"training": 0.2, "corrupted training": 0.2, "training in uneven light": 0.02}
HANDS_SHARE = 0.15
"""Weight of training images of each kind and of all in other hands in the gate's loss; junk has the rest."""

OWN = ("clean", "corrupted", *TRAINING_SHARES)
"""The kinds of images that show the data."""

KIND_WEIGHTS = {
    "letters": 2.5,
    "overlaid": 2.5,
    "curves": 1.5,
    "polylines": 1.5,
    "halves": 0.5,
    "smooth noise": 4.0,
    JUNK_IN_UNEVEN_LIGHT: 3.0,
}
"""Weight of a kind of junk; the others weigh 1. These and the shares were chosen by what fits did with validation images."""

DOUBTFUL_CORRUPTED = 0.05
"""Largest share of corrupted validation images that are rejected because their label is in doubt."""

STRANGE_CORRUPTED = 0.05
"""Largest share of corrupted ones that are rejected because the gate holds them for no class."""

SEARCHED_AT_ONCE = 2500
"""Images side by side: their evidence takes some kB each."""


def fit_confidence(
    decoders: Sequence[Decoder],
    starts: Sequence[Tensor],
    assumptions: Assumptions,
    training: ImageSet,
    validation: ImageSet,
    class_names: Sequence[str],
    sizes: SetSizes,
    seed: int,
    workers: int,
    race: Optional[RaceStarts] = None,
    more: MoreImages = MoreImages(),
    settings: Optional[GateSettings] = None,
) -> CalibratedConfidence:
    """Draws the images, searches every class of them to its end, and fits.

    The gate does not look at the margins of each class then: a race leaves losers at what their surrogates foretold, so these
    margins would be of another sort than those that it was fitted to. Nor does it look at the maps, which follow them in a file.
    `refit_to_found` lets it look at both.
    """
    sets = sets_for_fit(training, validation, class_names, sizes, seed, more)
    # All kinds side by side: a search of few images takes nearly as long as one of many.
    images = torch.cat([of_kind.images for of_kind in sets.values()]).flatten(1)
    parts = []
    for part in tqdm(images.split(SEARCHED_AT_ONCE), desc="confidence", unit="part", mininterval=5):
        of_part = redraw(decoders, part.to(starts[0].device), starts, assumptions, workers, race)
        found = evidence_of(of_part)
        parts.append(replace(found, features=found.features[:, :SINGLE_FEATURES]))
    everything, evidence, end = joined(parts), {}, 0
    for kind, of_kind in sets.items():
        begin, end = end, end + len(of_kind.images)
        evidence[kind] = everything.part(begin, end)
    labels = {kind: of_kind.labels for kind, of_kind in sets.items() if of_kind.labels is not None}
    return fit_to_evidence(evidence, labels, seed, settings)


def fit_to_evidence(
    evidence: Mapping[str, Evidence],
    labels: Mapping[str, Tensor],
    seed: int,
    settings: Optional[GateSettings] = None,
) -> CalibratedConfidence:
    """Fits to evidence by kind of image, as `sets_for_fit` names them; the kinds with labels are no junk.

    The gate learns from training images and junk; widths, bias and thresholds come from the validation images.
    """
    settings = GateSettings() if settings is None else settings
    clean, spoilt = evidence["clean"], evidence["corrupted"]
    hands = [found for kind, found in evidence.items() if kind in labels and kind not in OWN]
    junk = {kind: found for kind, found in evidence.items() if kind not in labels}
    shares = [*TRAINING_SHARES.values(), *(HANDS_SHARE / len(hands) for _ in hands)]
    of_junk = [_weight(kind, settings) for kind in junk]
    shares += [(1 - sum(shares)) * weight / sum(of_junk) for weight in of_junk]
    known = [*(evidence[kind] for kind in TRAINING_SHARES), *hands]
    parts = [*known, *junk.values()]
    weights = torch.cat(
        [
            torch.full((len(part),), share / len(part), dtype=torch.float64)
            for part, share in zip(parts, shares)
        ]
    )
    everything = joined(parts)
    is_class = torch.zeros(len(everything), dtype=torch.float64)
    is_class[: sum(len(part) for part in known)] = 1
    model = fit_gate(everything, is_class, weights, seed, settings)
    model = shift_gate(model, clean, settings.gate_loss)
    model = _fit_widths(model, clean, labels["clean"], spoilt, labels["corrupted"])
    model = rounded(model)
    doubtful = _threshold(
        model.confidences(clean),
        settings.doubtful_clean,
        model.confidences(spoilt),
        DOUBTFUL_CORRUPTED,
    )
    strange = _threshold(
        model.gate_logits(clean),
        settings.strange_clean,
        model.gate_logits(spoilt),
        STRANGE_CORRUPTED,
    )
    lowest = lowest_threshold(clean.losses.shape[1])
    return replace(
        model,
        reject_below=float(f"{max(doubtful, lowest):.4g}"),
        reject_logit_below=float(f"{strange:.{DIGITS}g}"),
    )


def _threshold(clean: Tensor, clean_share: float, spoilt: Tensor, spoilt_share: float) -> float:
    """The value below which no more than these shares of clean and of corrupted images lie."""
    of_clean, of_spoilt = torch.quantile(clean, clean_share), torch.quantile(spoilt, spoilt_share)
    return min(float(of_clean), float(of_spoilt))


def _weight(kind: str, settings: GateSettings) -> float:
    return KIND_WEIGHTS.get(kind, 1.0 if kind in KINDS else settings.more_junk_weight)


def minimise(parameters: Sequence[Tensor], loss: Callable[[], Tensor], iterations: int) -> None:
    """Lowers a loss by L-BFGS over all the data at once."""
    optimiser = torch.optim.LBFGS(
        list(parameters),
        max_iter=iterations,
        max_eval=2 * iterations,
        history_size=20,
        tolerance_grad=1e-7,
        tolerance_change=1e-10,
        line_search_fn="strong_wolfe",
    )

    def closure() -> Tensor:
        optimiser.zero_grad()
        value = loss()
        value.backward()
        return value

    optimiser.step(closure)  # type: ignore[arg-type]


def _fit_widths(
    model: CalibratedConfidence,
    clean: Evidence,
    clean_labels: Tensor,
    spoilt: Evidence,
    spoilt_labels: Tensor,
) -> CalibratedConfidence:
    """Scale and widening by the cross-entropy of the labels, clean and corrupted images alike.

    Of the probabilities as they are told, with the gate: without it few images that are wrong, at which the gate doubts as well,
    would make all others less sure than they are right.
    """
    logarithms = torch.tensor([0.0, 3.0], dtype=torch.float64, requires_grad=True)
    classes = clean.losses.shape[1]

    def entropy(part: Evidence, labels: Tensor, gates: Tensor) -> Tensor:
        widths = 1 + part.errors.unsqueeze(1) / logarithms[1].exp()
        shares = torch.softmax(-logarithms[0].exp() * PIXELS * part.losses / widths, dim=1)
        of_label = shares.gather(1, labels.unsqueeze(1)).squeeze(1)
        told = gates * of_label + (1 - gates) / classes
        return -torch.log(told.clamp_min(1e-30)).mean()

    clean_gates, spoilt_gates = (torch.sigmoid(model.gate_logits(part)) for part in (clean, spoilt))

    def loss() -> Tensor:
        # The small quadratic term keeps both finite where the labels are told apart perfectly.
        total = entropy(clean, clean_labels, clean_gates)
        total = total + entropy(spoilt, spoilt_labels, spoilt_gates)
        return total + 1e-4 * logarithms.square().sum()

    minimise([logarithms], loss, 200)
    scale, widening = logarithms.detach().exp().tolist()
    return replace(model, scale=scale, widening=widening)
