"""The churn model as a value: what is saved, loaded and scored with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from ml import model_file
from ml.churn.recipe import Fitted

Verdict = Literal["model", "baseline_wins", "not_trained"]
_FORMAT: Final = 1


@dataclass(frozen=True)
class ChurnModel:
    """A fitted churn model beside its recency-only baseline; which of the two scores is the verdict.

    features: input columns in order.  reference: per feature the bin edges and shares at fitting, for drift.
    """

    verdict: Literal["model", "baseline_wins"]
    features: tuple[str, ...]
    full: Fitted
    baseline: Fitted
    reference: Mapping[str, tuple[Sequence[float], Sequence[float]]]


def dump_model(model: ChurnModel) -> bytes:
    """The model as skops bytes; equal models give equal bytes."""
    return model_file.dump(
        {
            "format": _FORMAT,
            "verdict": model.verdict,
            "features": list(model.features),
            "full": _parts(model.full),
            "baseline": _parts(model.baseline),
            "reference": {name: [list(edges), list(shares)] for name, (edges, shares) in model.reference.items()},
        }
    )


def load_model(data: bytes, sha256: str) -> ChurnModel:
    """The model that `dump_model` wrote.

    sha256: hex digest from the model card. Raises `ModelFileError` for other bytes or a type not on the
    allow-list (`ml.model_file.TRUSTED`).
    """
    parts = model_file.load(data, sha256)
    return ChurnModel(
        verdict=parts["verdict"],
        features=tuple(parts["features"]),
        full=_fitted(parts["full"]),
        baseline=_fitted(parts["baseline"]),
        reference={name: (edges, shares) for name, (edges, shares) in parts["reference"].items()},
    )


def _parts(fitted: Fitted) -> dict[str, Any]:
    return {"pipeline": fitted.pipeline, "slope": fitted.slope, "intercept": fitted.intercept}


def _fitted(parts: Mapping[str, Any]) -> Fitted:
    return Fitted(parts["pipeline"], parts["slope"], parts["intercept"])
