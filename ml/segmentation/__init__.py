"""Segments: value (how much a customer spends) by behaviour (how the customer shops).

In use:

    model = fit(snapshot, as_of=…, behaviour_rules=rules, seed=…, previous=last_model)
    segments, profiles = assign(model, snapshot, segment_names, as_of)

Names come from the steward's tables, ids from their catalogue, never from k-means numbering.
"""

from ml.segmentation.assigning import assign
from ml.segmentation.behaviour import Stability
from ml.segmentation.fitting import fit
from ml.segmentation.model import SegmentModel, build_card, dump_model, load_model
from ml.segmentation.rules import DORMANT

__all__ = ["DORMANT", "SegmentModel", "Stability", "assign", "build_card", "dump_model", "fit", "load_model"]
