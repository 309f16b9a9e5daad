"""Who is who: source records to permanent customer ids, once a business date.

Free of Dagster. Rules are SQL in `dbt/models/intermediate/records`, pairs are scored by Splink, clusters and ids are
arithmetic in `ml.identity`; what is here moves rows between them and keeps what must outlive a run.
"""

from dagster_project.identity.decisions import Decision, read_decisions, record_decision
from dagster_project.identity.resolving import Outcome, resolve, share_keys

__all__ = ["Decision", "Outcome", "read_decisions", "record_decision", "resolve", "share_keys"]
