"""Who is who: clusters of records from links, permanent ids for clusters, and how good the links are.

What belongs here: arithmetic on positions and numbers. Not: names or birth dates, scoring of pairs, any state.
"""

from ml.identity.attaching import Attachment, attach
from ml.identity.graph import Clusters, Edges, cluster
from ml.identity.ids import Holdings, assign_ids
from ml.identity.quality import PairQuality, pair_quality, wilson_interval

__all__ = [
    "Attachment",
    "Clusters",
    "Edges",
    "Holdings",
    "PairQuality",
    "assign_ids",
    "attach",
    "cluster",
    "pair_quality",
    "wilson_interval",
]
