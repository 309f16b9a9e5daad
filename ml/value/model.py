"""The value model as a value: what is saved, loaded and scored with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final

from ml import model_file
from ml.value.histories import PURCHASE
from ml.value.intervals import Bands
from ml.value.predictors import Predictor, from_parameters

_FORMAT: Final = 1


@dataclass(frozen=True)
class BasisModel:
    """One basis: its predictor, which of the scorers forecasts, and the intervals around that one."""

    predictor: Predictor
    scorer: str
    bands: Bands


@dataclass(frozen=True)
class ValueModel:
    """Models by basis; a basis without one has no forecast."""

    horizon_months: int
    bases: Mapping[str, BasisModel]


def floor_of(basis: str) -> float | None:
    """Purchases bring no less than nothing; credits to a contract can."""
    return 0.0 if basis == PURCHASE else None


def dump_model(model: ValueModel) -> bytes:
    """The model as skops bytes; equal models give equal bytes."""
    return model_file.dump({"format": _FORMAT, **as_numbers(model)})


def load_model(data: bytes, sha256: str) -> ValueModel:
    """The model that `dump_model` wrote.

    sha256: hex digest from the model card. Raises `ModelFileError` for other bytes.
    """
    parts = model_file.load(data, sha256)
    bases = {
        basis: BasisModel(from_parameters(found["predictor"]), found["scorer"], Bands(**found["bands"]))
        for basis, found in parts["bases"].items()
    }
    return ValueModel(parts["horizon_months"], bases)


def as_numbers(model: ValueModel) -> dict[str, Any]:
    """The whole model in plain numbers, so that a forecast can be computed by hand."""
    bases = {
        basis: {"predictor": found.predictor.parameters(), "scorer": found.scorer, "bands": asdict(found.bands)}
        for basis, found in model.bases.items()
    }
    return {"horizon_months": model.horizon_months, "bases": bases}
