"""The segment model as a value, its file and its card."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from sklearn.pipeline import Pipeline

from ml import model_file
from ml.schemas import SEGMENT_FEATURES
from ml.segmentation.behaviour import TRAITS, Stability
from ml.segmentation.value import TIERS

_FORMAT: Final = 1


@dataclass(frozen=True)
class SegmentModel:
    """Value edges, behaviour centres and what each centre is called.

    edges: lower edges of v3, v2, v1 in reporting currency of 182 days.  scale: traits to standard deviations.
    centres: k by traits, in standard deviations.  behaviours: name per centre.  kept: per centre, whether the name was
    kept from the previous model.  tried: evidence for k.  fingerprint: of customers, rules and seed; equal = same fit.
    """

    fitted_as_of: date
    edges: tuple[float, ...]
    scale: Pipeline
    centres: NDArray[np.float64]
    behaviours: tuple[str, ...]
    kept: tuple[bool, ...]
    sizes: tuple[int, ...]
    tried: tuple[Stability, ...]
    seed: int
    fingerprint: str

    @property
    def stability(self) -> Stability:
        """The evidence for the k in use."""
        return next(one for one in self.tried if one.k == len(self.centres))


def dump_model(model: SegmentModel) -> bytes:
    """The model as skops bytes; equal models give equal bytes."""
    return model_file.dump(
        {
            "format": _FORMAT,
            "fitted_as_of": model.fitted_as_of.isoformat(),
            "edges": list(model.edges),
            "scale": model.scale,
            "centres": model.centres,
            "behaviours": list(model.behaviours),
            "kept": list(model.kept),
            "sizes": list(model.sizes),
            "tried": [asdict(one) for one in model.tried],
            "seed": model.seed,
            "fingerprint": model.fingerprint,
        }
    )


def load_model(data: bytes, sha256: str) -> SegmentModel:
    """The model that `dump_model` wrote; `ModelFileError` for other bytes or a type not on the allow-list."""
    parts = model_file.load(data, sha256)
    return SegmentModel(
        fitted_as_of=date.fromisoformat(parts["fitted_as_of"]),
        edges=tuple(parts["edges"]),
        scale=parts["scale"],
        centres=parts["centres"],
        behaviours=tuple(parts["behaviours"]),
        kept=tuple(parts["kept"]),
        sizes=tuple(parts["sizes"]),
        tried=tuple(Stability(**one) for one in parts["tried"]),
        seed=parts["seed"],
        fingerprint=parts["fingerprint"],
    )


def build_card(model: SegmentModel, *, model_sha256: str, versions: Mapping[str, str]) -> dict[str, Any]:
    """A JSON-ready dict: what the segments are made from, how stable they are, how to know the file again."""
    return {
        "purpose": "Segments of value (sales of 182 days) by behaviour (k-means on traits).",
        "fitted_as_of": model.fitted_as_of.isoformat(),
        "features": [{"name": f.name, "unit": f.unit, "description": f.description} for f in SEGMENT_FEATURES],
        "value_edges": dict(zip(reversed(TIERS[:-1]), model.edges, strict=True)),
        "clusters": [
            {
                "behaviour_cluster": behaviour,
                "name_kept_from_previous_model": kept,
                "customers": size,
                "centre_in_standard_deviations": dict(zip(TRAITS, centre.tolist(), strict=True)),
            }
            for behaviour, kept, size, centre in zip(
                model.behaviours, model.kept, model.sizes, model.centres, strict=True
            )
        ],
        "stability": asdict(model.stability),
        "tried": [asdict(one) for one in model.tried],
        "seed": model.seed,
        "fingerprint": model.fingerprint,
        "versions": dict(sorted(versions.items())),
        "model_sha256": model_sha256,
    }
