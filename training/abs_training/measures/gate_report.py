"""What settings of the gate's fit are worth.

The gate saw neither the junk nor the validation images that are judged; its bias and the thresholds were found on the latter.
"""

from dataclasses import dataclass, replace
from typing import Iterator, Mapping, Sequence

from torch import Tensor

from abs_training.confidence.evidence import Evidence, joined
from abs_training.confidence.fit import OWN, fit_to_evidence
from abs_training.confidence.gate_fit import GateSettings
from abs_training.confidence.sets import JUNK_IN_UNEVEN_LIGHT, is_lit_again
from abs_training.confidence.model import CalibratedConfidence
from abs_training.images.corruptions import CORRUPTIONS
from abs_training.images.data import DataError
from abs_training.images.junk import KINDS
from abs_training.measures.confidence_figures import calibration_error, separation


@dataclass(frozen=True)
class Judged:
    """Evidence by kind of image, and the labels of those that show a class."""

    evidence: Mapping[str, Evidence]
    labels: Mapping[str, Tensor]


def held_out(found: Judged, share: float) -> "tuple[Judged, Judged]":
    """The sets without the last images of each kind of junk from files, and these alone, named after their kind.

    The last drawings of a folder of glyphs are of fonts of their own. What was made of the images held out by lighting them
    unevenly goes with them.
    """
    kept, apart = dict(found.evidence), {}
    for kind, evidence in found.evidence.items():
        count = len(evidence) - round(share * len(evidence))
        from_files = kind not in found.labels and kind not in (*KINDS, JUNK_IN_UNEVEN_LIGHT)
        if from_files and count < len(evidence):
            kept[kind] = evidence.part(0, count)
            apart[f"{kind} held out"] = evidence.part(count, len(evidence))
    if JUNK_IN_UNEVEN_LIGHT in kept:
        kept[JUNK_IN_UNEVEN_LIGHT], lit_apart = _parted(found, kept)
        if len(lit_apart):
            apart[f"{JUNK_IN_UNEVEN_LIGHT} held out"] = joined(lit_apart)
    return Judged(kept, found.labels), Judged(apart, {})


def _parted(found: Judged, kept: Mapping[str, Evidence]) -> "tuple[Evidence, list[Evidence]]":
    """The junk in uneven light that was made of images kept, and that of the others, kind by kind.

    Raises DataError where it was not made of the other junk, one image of each.
    """
    lit, at = found.evidence[JUNK_IN_UNEVEN_LIGHT], 0
    of_kept, of_others = [], []
    for kind, evidence in found.evidence.items():
        if not is_lit_again(kind, kind not in found.labels):
            continue
        middle, end = at + len(kept[kind]), at + len(evidence)
        of_kept.append(lit.part(at, middle))
        if middle < end:
            of_others.append(lit.part(middle, end))
        at = end
    if at != len(lit):
        raise DataError(
            f"there are {len(lit)} images of {JUNK_IN_UNEVEN_LIGHT!r}, wanted {at}, one of each that it was made of"
        )
    return joined(of_kept), of_others


@dataclass(frozen=True)
class GateFigures:
    """What a fitted confidence does with images of each sort, shares in 0..1."""

    calibration_error: float
    """Of clean images."""
    clean_rejected: float
    clean_wrong: float
    """Wrong and accepted."""
    corrupted_rejected: float
    """Mean over the corruptions."""
    corrupted_wrong: float
    """Wrong and accepted, likewise."""
    junk_auroc: float
    """By the confidence, against clean images; mean over the kinds of junk."""
    junk_accepted: Mapping[str, float]
    """By kind."""

    def headings(self) -> "list[str]":
        """Of the columns whose cells `cells` gives."""
        return [
            *("ECE", "clean rejected", "clean wrong", "corrupted rejected", "corrupted wrong"),
            *("junk AUROC", "junk accepted", *self.junk_accepted),
        ]

    def cells(self) -> "list[str]":
        """In percent, and the mean over the kinds of junk before each of them."""
        accepted = list(self.junk_accepted.values())
        shares = [self.calibration_error, self.clean_rejected, self.clean_wrong]
        shares += [self.corrupted_rejected, self.corrupted_wrong, self.junk_auroc]
        shares += [mean_of(accepted), *accepted]
        return [f"{100 * share:.2f}" for share in shares]


def gate_figures(confidence: CalibratedConfidence, judged: Judged) -> GateFigures:
    """Judges a confidence on sets that `confidence-sets` names.

    Raises DataError where clean images, corrupted ones or junk are missing.
    """
    corruptions = [kind for kind in CORRUPTIONS if kind in judged.labels]
    junk = {kind: of_kind for kind, of_kind in judged.evidence.items() if kind not in judged.labels}
    if "clean" not in judged.labels or not corruptions or not junk:
        raise DataError("what is judged lacks clean images, corrupted ones or junk")

    def rejected(kind: str) -> float:
        return float(confidence.rejects(judged.evidence[kind]).double().mean())

    def wrong(kind: str) -> float:
        evidence = judged.evidence[kind]
        accepted = ~confidence.rejects(evidence)
        return float((accepted & (evidence.labels != judged.labels[kind])).double().mean())

    clean = judged.evidence["clean"]
    confidences = confidence.confidences(clean)
    return GateFigures(
        calibration_error=calibration_error(confidences, clean.labels == judged.labels["clean"]),
        clean_rejected=rejected("clean"),
        clean_wrong=wrong("clean"),
        corrupted_rejected=mean_of([rejected(kind) for kind in corruptions]),
        corrupted_wrong=mean_of([wrong(kind) for kind in corruptions]),
        junk_auroc=mean_of(
            [
                separation(confidences, confidence.confidences(of_kind)).auroc
                for of_kind in junk.values()
            ]
        ),
        junk_accepted={kind: 1 - rejected(kind) for kind in junk},
    )


def mean_of(shares: Sequence[float]) -> float:
    """Of at least one."""
    return sum(shares) / len(shares)


def compared_gates(
    found: Judged, judged: Judged, share: float, tried: Mapping[str, Sequence[float]], seed: int
) -> "Iterator[tuple[str, GateFigures]]":
    """Fits with the shipped settings, then with each value tried, alone in its place, and judges each fit.

    `found` is fitted to, less the share of junk from files that is held out; `judged` has the images judged, and that share besides.
    """
    fitted, apart = held_out(found, share)
    everything = replace(judged, evidence={**judged.evidence, **apart.evidence})
    rows = [("as shipped", GateSettings())]
    for name, values in tried.items():
        words = name.replace("_", " ")
        rows += [
            (f"{words} {value:g}", replace(GateSettings(), **{name: value})) for value in values
        ]
    for name, settings in rows:
        confidence = fit_to_evidence(fitted.evidence, fitted.labels, seed, settings)
        yield name, gate_figures(confidence, everything)
