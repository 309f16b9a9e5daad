"""Records that belong to one person at most: an enquiry, a login. Each goes to its best candidate, or to nobody."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from ml.identity.graph import Bools, Edges, Ints

#: The best candidate must be so much likelier than the next: 2^3 = eight times.
LEAST_LEAD: Final = 3.0


@dataclass(frozen=True, slots=True)
class Attachment:
    """What became of the links of records that belong to one person at most.

    Attributes:
        kept: Links to the chosen person, as a mask of the edges.
        ambiguous: Links of records whose best candidates are about equally likely, as a mask of the edges.
    """

    kept: Bools
    ambiguous: Bools


def attach(edges: Edges, record: Ints, label: Ints, *, least_lead: float = LEAST_LEAD) -> Attachment:
    """Choose one cluster for each record.

    Weights of several links to one cluster count once, the heaviest of each strength; a decision outweighs a rule
    and a rule outweighs a score.

    Args:
        edges: Links of which one end is such a record.
        record: That end of each.
        label: Cluster of the other end of each.
        least_lead: By how much the best must lead, log2 odds.
    """
    frame = pd.DataFrame({"record": record, "label": label, "strength": edges.strength, "weight": edges.weight})
    best = frame.groupby(["record", "label"], as_index=False).agg({"strength": "max", "weight": "max"})
    best = best.sort_values(["record", "strength", "weight", "label"], ascending=[True, False, False, True])
    ahead = best.groupby("record")[["strength", "weight", "label"]].shift(-1)
    first = ~best["record"].duplicated()
    close = (ahead["strength"] == best["strength"]) & (best["weight"] - ahead["weight"] < least_lead)
    verdict = best.assign(is_close=close)[first].set_index("record")
    chosen = verdict["label"].reindex(record).to_numpy()
    is_close = verdict["is_close"].reindex(record).to_numpy(dtype=np.bool_)
    return Attachment(kept=(chosen == label) & ~is_close, ambiguous=is_close)
