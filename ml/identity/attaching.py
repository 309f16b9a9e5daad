"""Records that belong to one person at most: an enquiry, a login. Each goes to its best candidate, or to nobody."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from ml.identity.graph import Bools, Edges, Ints, begins

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
    order = np.lexsort((label, record))
    starts = np.flatnonzero(begins(record[order], label[order]))
    if not len(starts):
        none = np.zeros(0, dtype=np.bool_)
        return Attachment(none, none)
    strength = np.maximum.reduceat(edges.strength[order], starts)
    weight = np.maximum.reduceat(edges.weight[order], starts)
    best = np.lexsort((label[order][starts], -weight, -strength, record[order][starts]))
    strength, weight, candidate = strength[best], weight[best], label[order][starts][best]
    asked = record[order][starts][best]
    first = begins(asked)
    close = np.zeros(len(asked), dtype=np.bool_)
    close[:-1] = ~first[1:] & (strength[1:] == strength[:-1]) & (weight[:-1] - weight[1:] < least_lead)
    place = np.searchsorted(asked[first], record)
    is_close = close[first][place]
    return Attachment(kept=(candidate[first][place] == label) & ~is_close, ambiguous=is_close)
