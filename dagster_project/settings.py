"""The only reader of the environment, and the only place where paths of the project are made.

Everything else receives a `Settings`. State lives below `home` (`TENURE_HOME`); files of the project
(dbt models, suites, table definitions) below `project_root`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Final

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

_PACKAGE: Final = Path(__file__).resolve().parent


def _project_root() -> Path:
    """The checkout, or the copy of its data files that an installed wheel carries."""
    checkout = _PACKAGE.parent
    return checkout if (checkout / "dbt" / "dbt_project.yml").exists() else _PACKAGE / "_project"


def _default_home() -> Path:
    """`warehouse/var` of the checkout; of the current folder when run from an installed wheel."""
    root = _project_root()
    base = Path.cwd() if root.name == "_project" else root
    return base / "warehouse" / "var"


class Settings(BaseSettings):
    """Typed settings. Each field is read from `TENURE_<NAME>` or from `.env`."""

    model_config = SettingsConfigDict(
        env_prefix="TENURE_", env_file=".env", env_ignore_empty=True, extra="ignore", frozen=True
    )

    home: Path = Field(default_factory=_default_home, description="Folder that holds all state.")
    project_root: Path = Field(default_factory=_project_root, description="Folder of dbt/, expectations/, warehouse/.")
    start_on: date = Field(default=date(2017, 1, 1), description="First business day: the first daily partition.")
    memory_limit: str = Field(default="2GB", description="DuckDB memory limit; it spills to disk beyond.")
    threads: int = Field(default=2, ge=1, description="DuckDB threads; more than the cores brings nothing.")
    lock_wait_seconds: float = Field(default=10.0, ge=0, description="How long a second writer waits before it stops.")
    seed: int = Field(default=20170101, description="Seed of every sample and fit.")
    churn_active_days: int = Field(default=56, ge=7, description="Active = bought in so many days up to the cut-off.")
    churn_horizon_days: int = Field(default=56, ge=7, description="Churned = no purchase in this many days after it.")
    cutoff_step_days: int = Field(default=14, ge=1, description="Days between the cut-offs a model learns from.")
    max_training_rows: int = Field(default=200_000, ge=1000, description="Larger training sets are sampled by hash.")
    churn_list_size: int = Field(default=500, ge=1, description="Most customers on one churn list.")
    alert_webhook: SecretStr | None = Field(default=None, description="Run failures are posted here as JSON.")
    failpoint: str = Field(default="", description="For the fault suite alone: where the process is to end.")

    @cached_property
    def inbox(self) -> Path:
        return self.home.resolve() / "inbox"

    @cached_property
    def landing(self) -> Path:
        return self.home.resolve() / "landing"

    @cached_property
    def lake_file(self) -> Path:
        """Private DuckDB file: raw, quarantine, ops, staging, conformed, intermediate."""
        return self.home.resolve() / "build" / "lake.duckdb"

    @cached_property
    def warehouse_file(self) -> Path:
        """Private DuckDB file: marts, ml, activation. A release is a copy of it."""
        return self.home.resolve() / "build" / "warehouse.duckdb"

    @cached_property
    def release_file(self) -> Path:
        return self.home.resolve() / "published" / "tenure.duckdb"

    @cached_property
    def lock_file(self) -> Path:
        return self.home.resolve() / "build" / "writer.lock"

    @cached_property
    def rebuild_note(self) -> Path:
        """Exists while the lake is being made again: its place may hold an old one, or none."""
        return self.home.resolve() / "build" / "rebuilding"

    @cached_property
    def spill(self) -> Path:
        """Where DuckDB puts what does not fit into memory."""
        return self.home.resolve() / "build" / "spill"

    @cached_property
    def exports(self) -> Path:
        return self.home.resolve() / "exports"

    @cached_property
    def reports(self) -> Path:
        return self.home.resolve() / "reports"

    @cached_property
    def models(self) -> Path:
        """Fitted models: skops files and their cards."""
        return self.home.resolve() / "models"

    @cached_property
    def dbt_state(self) -> Path:
        """dbt's target and log folders."""
        return self.home.resolve() / "dbt"

    @cached_property
    def gx(self) -> Path:
        """Great Expectations results and Data Docs."""
        return self.home.resolve() / "gx"

    @cached_property
    def dagster_home(self) -> Path:
        return self.home.resolve() / "dagster_home"

    @cached_property
    def alerts_file(self) -> Path:
        """Run failures, one JSON object a line."""
        return self.home.resolve() / "alerts.jsonl"

    @cached_property
    def log_file(self) -> Path:
        """Tracebacks of unforeseen errors."""
        return self.home.resolve() / "tenure.log"

    @cached_property
    def dbt_project(self) -> Path:
        return self.project_root / "dbt"

    @cached_property
    def suites(self) -> Path:
        return self.project_root / "expectations"

    @cached_property
    def ddl(self) -> Path:
        return self.project_root / "warehouse" / "ddl"

    @cached_property
    def queries(self) -> Path:
        return self.project_root / "warehouse" / "queries"

    @cached_property
    def sources(self) -> Path:
        """Source contracts: one folder a system, `defs.yaml` in each."""
        return _PACKAGE / "defs" / "sources"


_active: ContextVar[Settings | None] = ContextVar("active_settings", default=None)


def active_settings() -> Settings:
    """The settings that definitions are being built with: those of `using`, else those of the environment."""
    return _active.get() or Settings()


@contextmanager
def using(settings: Settings) -> Iterator[None]:
    """Build definitions with these settings; Dagster calls components without a place to pass them."""
    token = _active.set(settings)
    try:
        yield
    finally:
        _active.reset(token)
