"""What the classifier assumes of how an image comes about: all that its loss holds besides the decoders.

An image x is first seen through a response curve, u = clip(s (x − ½) + ½, 0, 1). A class that draws G(z)
explains it as u ≈ a G(z) + b, with a gain and an offset that are fitted to each redrawing, and

loss(z) = min over a, b of (Σ ρ(u − a G(z) − b) + λ (a − 1)² + μ b² + β ½‖z‖²) / 784,

where ρ(r) = r² / (1 + r²/τ²) counts an error of a pixel in full as long as it is small against the
tolerance τ, and never more than τ². With s = 1, no gain, no offset and no tolerance this is the loss of
Schott et al. 2018, arXiv:1805.09190; as s grows, the curve becomes the threshold of their binary ABS.

The fit is a fixed number of weighted least squares (iteratively reweighted, Holland and Welsch 1977) from
a = 1, b = 0. By the envelope theorem its result counts as fixed in derivatives.
"""

from dataclasses import asdict, dataclass
from typing import Any, Mapping, Optional

import torch
from torch import Tensor

from abs_training.foundation.limits import (
    LEAST_PHOTOMETRIC_WEIGHT,
    LEAST_SHARE,
    LEAST_TOLERANCE,
    MOST_BETA,
    MOST_DOUBT,
    MOST_PHOTOMETRIC_WEIGHT,
    MOST_RESPONSE,
    MOST_TOLERANCE,
)
from abs_training.images.data import PIXELS

REWEIGHTINGS = 4
"""Least squares of a fit with a tolerance. On noisy copies of redrawings derivatives are then off by under .5 % of their
length (`tests/test_assumptions.py`); where half an image is inverted, gain and offset would need more to settle."""


@dataclass(frozen=True)
class Photometry:
    """Weights of the priors of gain and offset in the loss."""

    gain: float
    """λ, of (a − 1)²."""
    offset: float
    """μ, of b²."""


@dataclass(frozen=True)
class ViewRule:
    """When the race tries another view of an image, and when that counts. The searches of this package look at images as given."""

    doubt: float
    """The loss above which the first look leaves doubts."""
    share: float
    """The share of that loss below which the view's has to come."""


@dataclass(frozen=True)
class Views:
    """The kinds of views that weights may name (`assembly/inference/views.ts`); None: not tried."""

    centred: Optional[ViewRule] = None
    levelled: Optional[ViewRule] = None
    filled: Optional[ViewRule] = None

    def rules(self) -> "dict[str, ViewRule]":
        """Those that are tried, by name."""
        named = {"centred": self.centred, "levelled": self.levelled, "filled": self.filled}
        return {name: rule for name, rule in named.items() if rule is not None}


@dataclass(frozen=True)
class Assumptions:
    """The paper's, until told otherwise."""

    beta: float = 1.0
    """Weight of ½‖z‖²."""
    sphere_radius: float = 5.0
    """Largest ‖z‖."""
    response: float = 1.0
    """s, at least 1: the slope of the response curve."""
    photometry: Optional[Photometry] = None
    """None: a = 1 and b = 0."""
    tolerance: Optional[float] = None
    """τ; None: errors count by their squares."""
    views: Views = Views()

    def check(self) -> None:
        """Raises ValueError for numbers out of range."""
        _check("beta", self.beta, 0, MOST_BETA)
        _check("the response's slope", self.response, 1, MOST_RESPONSE)
        if self.photometry is not None:
            for name, weight in (
                ("gain", self.photometry.gain),
                ("offset", self.photometry.offset),
            ):
                _check(
                    f"the weight of the {name}",
                    weight,
                    LEAST_PHOTOMETRIC_WEIGHT,
                    MOST_PHOTOMETRIC_WEIGHT,
                )
        if self.tolerance is not None:
            _check("the tolerance", self.tolerance, LEAST_TOLERANCE, MOST_TOLERANCE)
        for name, rule in self.views.rules().items():
            _check(f"the doubt of the {name} view", rule.doubt, 0, MOST_DOUBT)
            _check(f"the share of the {name} view", rule.share, LEAST_SHARE, 1)

    def seen(self, images: Tensor) -> Tensor:
        """Images in 0..1, of any shape, as they are compared with redrawings."""
        if self.response == 1:
            return images
        return (self.response * (images - 0.5) + 0.5).clamp(0, 1)

    def fit(self, decoded: Tensor, images: Tensor) -> "tuple[Tensor, Tensor]":
        """Gain and offset, `[…]`, for redrawings and images as seen, `[…, 784]` or broadcast to it."""
        shape = torch.broadcast_shapes(decoded.shape, images.shape)[:-1]
        gain = torch.ones(shape, dtype=images.dtype, device=images.device)
        offset = torch.zeros_like(gain)
        if self.photometry is None:
            return gain, offset
        if self.tolerance is None:
            return self._least_squares(decoded, images, None)
        for _ in range(REWEIGHTINGS):
            residuals = images - gain.unsqueeze(-1) * decoded - offset.unsqueeze(-1)
            gain, offset = self._least_squares(decoded, images, self._weights(residuals))
        return gain, offset

    def errors(self, decoded: Tensor, images: Tensor) -> Tensor:
        """784 · the loss less the latent's share, `[…]`, for redrawings and images as `fit` receives them."""
        with torch.no_grad():
            gain, offset = self.fit(decoded.detach(), images)
        residuals = images - gain.unsqueeze(-1) * decoded - offset.unsqueeze(-1)
        errors = self._counted(residuals).sum(-1)
        if self.photometry is not None:
            errors = errors + self.photometry.gain * (gain - 1).square()
            errors = errors + self.photometry.offset * offset.square()
        return errors

    def losses(self, decoded: Tensor, images: Tensor, latents: Tensor) -> Tensor:
        """Losses `[n]` of latents `[n, latents]`, decoded to `[n, 784]`, for images as seen `[n, 784]`."""
        return (self.errors(decoded, images) + self.latent_errors(latents)) / PIXELS

    def latent_errors(self, latents: Tensor) -> Tensor:
        """β ½‖z‖² of latents `[n, latents]`, `[n]`: their share of the loss before the division by 784."""
        return self.beta * 0.5 * latents.square().sum(1)

    def fitted(self, decoded: Tensor, images: Tensor) -> Tensor:
        """What is compared with images as seen: a G + b, of the shape of the images."""
        gain, offset = self.fit(decoded, images)
        return gain.unsqueeze(-1) * decoded + offset.unsqueeze(-1)

    def image_gradients(self, decoded: Tensor, images: Tensor) -> Tensor:
        """Derivative of 784 · the loss with respect to images as seen, `[…, 784]`."""
        residuals = images - self.fitted(decoded, images)
        if self.tolerance is None:
            return 2 * residuals
        return 2 * residuals * self._weights(residuals)

    def profiled(self, scores: "Sums") -> Tensor:
        """784 · the loss less the latent's share for every pair of a redrawing and an image, without tolerance.

        Those with a tolerance can only be foretold by it, which is enough to choose where a search begins.
        """
        plain = scores.image_squares + scores.decoded_squares - 2 * scores.products
        if self.photometry is None:
            return plain
        gain_weight, offset_weight = self.photometry.gain, self.photometry.offset
        gain, offset = _solved(
            scores.decoded_squares + gain_weight,
            scores.decoded_sums,
            torch.as_tensor(PIXELS + offset_weight),
            scores.products + gain_weight,
            scores.image_sums,
        )
        explained = gain * (scores.products + gain_weight) + offset * scores.image_sums
        return scores.image_squares + gain_weight - explained

    def foretold(self, found: Tensor, coefficients: Tensor) -> Tensor:
        """784 · the loss less the latent's share and tolerance, `[…]`, from what a basis holds of redrawings and images.

        Both are `[…, coefficients]`, of an orthonormal basis whose first row is the constant image.
        """
        assert self.photometry is not None
        side = PIXELS**0.5
        with torch.no_grad():
            gain, offset = _solved(
                found.square().sum(-1) + self.photometry.gain,
                side * found[..., 0],
                torch.as_tensor(PIXELS + self.photometry.offset),
                (found * coefficients).sum(-1) + self.photometry.gain,
                side * coefficients[..., 0],
            )
        residuals = coefficients - gain.unsqueeze(-1) * found
        first = residuals[..., 0] - side * offset
        errors = residuals[..., 1:].square().sum(-1) + first.square()
        errors = errors + self.photometry.gain * (gain - 1).square()
        return errors + self.photometry.offset * offset.square()

    def as_json(self) -> dict[str, Any]:
        """As stored under `inference` in the weights file; parts that the model does without are left out."""
        values: dict[str, Any] = {"beta": self.beta, "sphere_radius": self.sphere_radius}
        if self.response != 1:
            values["response"] = self.response
        if self.photometry is not None:
            values["photometry"] = {
                "gain": self.photometry.gain,
                "offset": self.photometry.offset,
            }
        if self.tolerance is not None:
            values["tolerance"] = self.tolerance
        if self.views.rules():
            values["views"] = {name: asdict(rule) for name, rule in self.views.rules().items()}
        return values

    def _weights(self, residuals: Tensor) -> Tensor:
        """ρ'(r) / 2r."""
        assert self.tolerance is not None
        # In place, since a fit spends most of its time here.
        squares = residuals.square().mul_(self.tolerance**-2).add_(1)
        return squares.square_().reciprocal_()

    def _counted(self, residuals: Tensor) -> Tensor:
        squares = residuals.square()
        return squares if self.tolerance is None else squares / (1 + squares / self.tolerance**2)

    def _least_squares(
        self, decoded: Tensor, images: Tensor, weights: Optional[Tensor]
    ) -> "tuple[Tensor, Tensor]":
        assert self.photometry is not None
        weighted = decoded if weights is None else weights * decoded
        return _solved(
            (weighted * decoded).sum(-1) + self.photometry.gain,
            weighted.sum(-1),
            (torch.as_tensor(PIXELS) if weights is None else weights.sum(-1))
            + self.photometry.offset,
            (weighted * images).sum(-1) + self.photometry.gain,
            images.sum(-1) if weights is None else (weights * images).sum(-1),
        )


def _check(name: str, value: float, least: float, most: float) -> None:
    if not least <= value <= most:
        raise ValueError(f"{name} is {value:g}, but must be from {least:g} to {most:g}")


def assumptions_from_json(values: Mapping[str, Any]) -> Assumptions:
    """Reads what `as_json` gives; raises ValueError for numbers out of range and for parts that are not known."""
    unknown = set(values) - {
        "beta",
        "sphere_radius",
        "response",
        "photometry",
        "tolerance",
        "views",
    }
    if unknown:
        raise ValueError(f"inference has {', '.join(sorted(unknown))}, which is not known here")
    photometry, tolerance = values.get("photometry"), values.get("tolerance")
    views = values.get("views", {})
    unknown = set(views) - {"centred", "levelled", "filled"}
    if unknown:
        raise ValueError(
            f"inference.views has {', '.join(sorted(unknown))}, which is not known here"
        )
    found = Assumptions(
        beta=float(values["beta"]),
        sphere_radius=float(values["sphere_radius"]),
        response=float(values.get("response", 1.0)),
        photometry=None
        if photometry is None
        else Photometry(float(photometry["gain"]), float(photometry["offset"])),
        tolerance=None if tolerance is None else float(tolerance),
        views=Views(
            **{
                name: ViewRule(float(rule["doubt"]), float(rule["share"]))
                for name, rule in views.items()
            }
        ),
    )
    found.check()
    return found


@dataclass(frozen=True)
class Sums:
    """Sums over pixels of every pair of `n` images as seen and `m` redrawings."""

    products: Tensor
    """Σ u G, `[n, m]`."""
    decoded_squares: Tensor
    """Σ G², `[m]`."""
    decoded_sums: Tensor
    """Σ G, `[m]`."""
    image_squares: Tensor
    """Σ u², `[n, 1]`."""
    image_sums: Tensor
    """Σ u, `[n, 1]`."""


def _solved(
    squares: Tensor, sums: Tensor, total: Tensor, products: Tensor, image_sums: Tensor
) -> "tuple[Tensor, Tensor]":
    """Gain and offset from the normal equations [squares sums; sums total] (a, b) = (products, image_sums).

    With positive priors their determinant is positive (Cauchy–Schwarz).
    """
    determinant = squares * total - sums.square()
    gain = (products * total - image_sums * sums) / determinant
    offset = (image_sums * squares - products * sums) / determinant
    return gain, offset
