"""The only reader of the environment, and the only place where paths of the project are made.

Everything else receives a `Settings`. State lives below `home` (`TENURE_HOME`); files of the project
(dbt models, suites, table definitions) below `project_root`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any, Final

from pydantic import Field, SecretStr, field_validator
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from dagster_project.packs import DEFAULT_PACK, load_packs, pack_of

_PACKAGE: Final = Path(__file__).resolve().parent
#: What a home says about itself: its pack and, where it was chosen, its first business day.
HOME_FILE: Final = "home.json"


def _project_root() -> Path:
    """The checkout, or the copy of its data files that an installed wheel carries."""
    checkout = _PACKAGE.parent
    return checkout if (checkout / "dbt" / "dbt_project.yml").exists() else _PACKAGE / "_project"


def _default_home() -> Path:
    """`warehouse/var` of the checkout; of the current folder when run from an installed wheel."""
    root = _project_root()
    base = Path.cwd() if root.name == "_project" else root
    return base / "warehouse" / "var"


class _HomeFile(PydanticBaseSettingsSource):
    """Pack and first business day as the home says: below the environment, above the defaults."""

    def __call__(self) -> dict[str, Any]:
        above = self.current_state
        home = above.get("home")
        file = Path(home if home else _default_home()) / HOME_FILE
        said = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
        pack = above.get("pack", said.get("pack", DEFAULT_PACK))
        if said.get("pack") != pack:
            # The first day of one company means nothing to another.
            said = {"pack": pack}
        if pack != DEFAULT_PACK and pack in load_packs():
            said.setdefault("start_on", pack_of(pack).start_on)
        return said

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:  # noqa: ARG002 - required
        return None, field_name, False


class Settings(BaseSettings):
    """Typed settings. Each field is read from `TENURE_<NAME>` or from `.env`.

    Pack and first business day may also stand in the home (`home.json`), the environment wins.
    """

    model_config = SettingsConfigDict(
        env_prefix="TENURE_", env_file=".env", env_ignore_empty=True, extra="ignore", frozen=True
    )

    home: Path = Field(default_factory=_default_home, description="Folder that holds all state.")
    project_root: Path = Field(default_factory=_project_root, description="Folder of dbt/, expectations/, warehouse/.")
    pack: str = Field(default=DEFAULT_PACK, description="Which set of source systems the home is of (packs.yml).")
    start_on: date = Field(default=date(2017, 1, 1), description="First business day: the first daily partition.")
    as_known: bool = Field(default=False, description="Past days are read as they were known then, not as corrected.")
    memory_limit: str = Field(default="2GB", description="DuckDB memory limit; it spills to disk beyond.")
    threads: int = Field(default=2, ge=1, description="DuckDB threads; more than the cores brings nothing.")
    lock_wait_seconds: float = Field(default=10.0, ge=0, description="How long a second writer waits before it stops.")
    seed: int = Field(default=20170101, description="Seed of every sample and fit.")
    churn_active_days: int = Field(default=56, ge=7, description="Active = bought in so many days up to the cut-off.")
    churn_horizon_days: int = Field(default=56, ge=7, description="Churned = no purchase in this many days after it.")
    value_horizon_months: int = Field(default=3, ge=1, le=36, description="Months that a value forecast adds up.")
    cutoff_step_days: int = Field(default=14, ge=1, description="Days between the cut-offs a model learns from.")
    max_training_rows: int = Field(default=200_000, ge=1000, description="Larger training sets are sampled by hash.")
    churn_list_size: int = Field(default=500, ge=1, description="Most customers on one churn list.")
    alert_webhook: SecretStr | None = Field(default=None, description="Run failures are posted here as JSON.")
    failpoint: str = Field(default="", description="For the fault suite alone: where the process is to end.")

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return (init_settings, env_settings, dotenv_settings, file_secret_settings, _HomeFile(settings_cls))

    @field_validator("pack")
    @classmethod
    def _is_known(cls, value: str) -> str:
        if value != DEFAULT_PACK and value not in load_packs():
            raise ValueError(f"there is no pack '{value}'; packs are {', '.join(load_packs())}")
        return value

    @cached_property
    def sources_enabled(self) -> tuple[str, ...]:
        """Source systems of the pack, by name. Those of other packs are not loaded, built or checked."""
        return tuple(sorted(pack_of(self.pack).sources))

    @cached_property
    def home_file(self) -> Path:
        return self.home.resolve() / HOME_FILE

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
    def identity(self) -> Path:
        """What must outlive the build about who is who: decisions of stewards, a copy of all customer ids."""
        return self.home.resolve() / "identity"

    @cached_property
    def identity_ids(self) -> Path:
        """Copy of `ops.customer_ids`, which record bore which customer_id when: a file for each run that changed it."""
        return self.identity / "ids"

    @cached_property
    def identity_decisions(self) -> Path:
        """What stewards decided about who is who, one JSON object a line."""
        return self.identity / "decisions.jsonl"

    @cached_property
    def truth(self) -> Path:
        """What the simulated operator knows to be true. Tests read it; nothing in the pipeline may."""
        return self.home.resolve() / "demo_truth"

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
