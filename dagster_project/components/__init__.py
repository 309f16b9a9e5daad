"""Our Dagster components: what a `defs.yaml` below `defs/` can name as its `type`."""

from dagster_project.components.dbt_gate import DbtGate
from dagster_project.components.quality_suite import QualitySuites
from dagster_project.components.source_system import SourceSystem

__all__ = ["DbtGate", "QualitySuites", "SourceSystem"]
