"""What settings of the gate's fit are worth on images that it was not fitted to."""

from dataclasses import dataclass, replace
from typing import Iterator, Mapping, Sequence

from torch import Tensor

from abs_training.confidence.fit import OWN, GateSettings, fit_to_evidence
from abs_training.confidence.model import CalibratedConfidence, Evidence
from abs_training.images.corruptions import CORRUPTIONS
from abs_training.images.junk import KINDS
from abs_training.measures.confidence_figures import calibration_error


@dataclass(frozen=True)
class Judged:
    """Evidence by kind of image, and the labels of those that show a class."""

    evidence: Mapping[str, Evidence]
    labels: Mapping[str, Tensor]


def held_out(found: Judged, share: float) -> "tuple[Judged, Judged]":
    """The sets without the last images of each kind of junk from files, and these alone, named after their kind.

    The last drawings of a folder of glyphs are of fonts of their own.
    """
    kept, apart = dict(found.evidence), {}
    for kind, evidence in found.evidence.items():
        if kind not in found.labels and kind not in KINDS:
            count = len(evidence) - round(share * len(evidence))
            kept[kind] = evidence.part(0, count)
            apart[f"{kind} held out"] = evidence.part(count, len(evidence))
    return Judged(kept, found.labels), Judged(apart, {})


@dataclass(frozen=True)
class GateFigures:
    """What a fitted confidence does with images of each sort, shares in 0..1."""

    calibration_error: float
    """Of clean images."""
    clean_rejected: float
    corrupted_rejected: float
    """Mean over the corruptions."""
    junk_accepted: Mapping[str, float]
    """By kind."""

    def headings(self) -> "list[str]":
        """Of the columns whose cells `cells` gives."""
        return ["ECE", "clean rejected", "corrupted rejected", "junk accepted", *self.junk_accepted]

    def cells(self) -> "list[str]":
        """In percent, and the mean over the kinds of junk before each of them."""
        accepted = list(self.junk_accepted.values())
        shares = [self.calibration_error, self.clean_rejected, self.corrupted_rejected]
        shares += [sum(accepted) / max(len(accepted), 1), *accepted]
        return [f"{100 * share:.2f}" for share in shares]


def gate_figures(confidence: CalibratedConfidence, judged: Judged) -> GateFigures:
    """Judges a confidence on sets that `confidence-sets` names."""

    def rejected(kind: str) -> float:
        return float(confidence.rejects(judged.evidence[kind]).double().mean())

    clean = judged.evidence["clean"]
    right = clean.labels == judged.labels["clean"]
    corrupted = [rejected(kind) for kind in CORRUPTIONS if kind in judged.evidence]
    return GateFigures(
        calibration_error=calibration_error(confidence.confidences(clean), right),
        clean_rejected=rejected("clean"),
        corrupted_rejected=sum(corrupted) / max(len(corrupted), 1),
        junk_accepted={
            kind: 1 - rejected(kind) for kind in judged.evidence if kind not in judged.labels
        },
    )


def compared_gates(
    found: Judged, judged: Judged, share: float, tried: Mapping[str, Sequence[float]], seed: int
) -> "Iterator[tuple[str, GateFigures]]":
    """Fits with the shipped settings, then with each value tried, alone in its place, and judges each fit.

    `found` is fitted to, less the share of junk from files that is held out; `judged` has other images, and that share besides.
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
