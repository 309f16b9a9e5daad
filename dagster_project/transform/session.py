"""dbt in this process: parsed once, run once per gate.

Starting dbt as a child costs an import, a parse and a `dbt --version` each time: more than the whole work on
small data. `DbtSession` keeps one parsed manifest for all gates of a process.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from dagster_project.errors import ConfigurationError, TransformError
from dagster_project.packs import pack_of
from dagster_project.settings import Settings

if TYPE_CHECKING:
    from dbt.contracts.graph.manifest import Manifest

#: One structured dbt log event: `{"info": {...}, "data": {...}}`, as dbt's JSON log writes it.
DbtEvent = Mapping[str, Any]

#: Parsing needs a value; no model may depend on it at parse time, so that the partial parse stays valid
#: from one day to the next.
_PARSE_AS_OF: Final = "1970-01-01"
_RESULT_EVENTS: Final = frozenset({"LogModelResult", "LogSeedResult", "LogTestResult", "LogNodeNoOpResult"})


@dataclass(frozen=True)
class DbtSession:
    """A dbt project bound to the files of one home.

    Example:
        >>> session = open_session(Settings())                          # doctest: +SKIP
        >>> events = session.build(["--select", "fqn:tenure.staging"], as_of=date(2017, 12, 31))   # doctest: +SKIP
    """

    settings: Settings
    _parsed: dict[str, Any] = field(default_factory=dict, repr=False)

    @property
    def target_path(self) -> Path:
        return self.settings.dbt_state / "target"

    @cached_property
    def manifest(self) -> Mapping[str, Any]:
        """The manifest as dbt writes it to `manifest.json`."""
        self.parse()
        content: Mapping[str, Any] = json.loads((self.target_path / "manifest.json").read_bytes())
        return content

    def build(
        self,
        selection: Sequence[str],
        *,
        as_of: date,
        full_refresh: bool = False,
        on_result: Callable[[DbtEvent], None] | None = None,
    ) -> list[DbtEvent]:
        """Run models, seeds and tests of one gate; returns dbt's result events in order.

        `selection` is command-line arguments that choose nodes, for example `["--select", "fqn:tenure.marts"]`.
        A failing model or test does not raise here: the events carry its status, see `failures`.
        """
        # The events carry the results: nobody reads the files that dbt would write, manifest and all, at each gate.
        arguments = ["build", *selection, "--no-write-json", "--vars", json.dumps(self._vars(as_of.isoformat()))]
        if full_refresh:
            arguments.append("--full-refresh")
        results: list[DbtEvent] = []

        def keep(event: DbtEvent) -> None:
            results.append(event)
            if on_result:
                on_result(event)

        outcome = self._invoke(arguments, manifest=self.parse(), on_event=keep)
        if outcome.exception is not None:
            raise TransformError(
                f"dbt stopped before it ran: {outcome.exception}", "correct the project, then `tenure run`"
            ) from outcome.exception
        return results

    def docs(self, *, as_of: date) -> Path:
        """Write dbt's documentation site as one file; returns its path."""
        arguments = ["docs", "generate", "--static", "--vars", json.dumps(self._vars(as_of.isoformat()))]
        outcome = self._invoke(arguments, manifest=None)
        if not outcome.success:
            raise TransformError(f"dbt could not write its documentation: {outcome.exception}", "`tenure doctor`")
        return self.target_path / "static_index.html"

    def parse(self) -> Manifest:
        """dbt's own manifest; the first call of a process parses what changed since the last process did."""
        if "manifest" not in self._parsed:
            outcome = self._invoke(["parse", "--vars", json.dumps(self._vars(_PARSE_AS_OF))], manifest=None)
            if not outcome.success:
                raise ConfigurationError(
                    f"The dbt project in {self.settings.dbt_project} does not parse: {outcome.exception}",
                    "correct the file it names",
                )
            self._parsed["manifest"] = outcome.result
        parsed: Manifest = self._parsed["manifest"]
        return parsed

    def _vars(self, as_of: str) -> dict[str, str | int | bool | list[str]]:
        settings = self.settings
        return {
            "as_of": as_of,
            "as_known": settings.as_known,
            "sources_enabled": list(settings.sources_enabled),
            "shared_customer_key": pack_of(settings.pack).shared_customer_key,
            "reporting_currency": pack_of(settings.pack).currency,
            "start_on": settings.start_on.isoformat(),
            "churn_active_days": settings.churn_active_days,
            "churn_horizon_days": settings.churn_horizon_days,
            "cutoff_step_days": settings.cutoff_step_days,
            "churn_list_size": settings.churn_list_size,
            "value_horizon_months": settings.value_horizon_months,
        }

    def _invoke(
        self, arguments: list[str], *, manifest: Manifest | None, on_event: Callable[[DbtEvent], None] | None = None
    ) -> Any:
        from dbt.adapters.duckdb.connections import DuckDBConnectionManager
        from dbt.cli.main import dbtRunner
        from dbt_common.events.functions import msg_to_dict

        project = str(self.settings.dbt_project)
        paths = ["--project-dir", project, "--profiles-dir", project]
        paths += ["--target-path", str(self.target_path), "--log-path", str(self.settings.dbt_state / "logs")]
        # No log file: it would hold rendered SQL of every run and grow without end.
        quiet = ["--log-level", "none", "--log-level-file", "none", "--no-print", "--no-send-anonymous-usage-stats"]

        def listen(message: Any) -> None:
            # dbt sends hundreds of debug events a model, and turning one into a dict costs more than it says.
            if on_event and message.info.name in _RESULT_EVENTS:
                on_event(msg_to_dict(message))

        self.settings.lake_file.parent.mkdir(parents=True, exist_ok=True)
        with _environment(self.settings):
            try:
                return dbtRunner(manifest=manifest, callbacks=[listen]).invoke([*arguments, *paths, *quiet])
            finally:
                # The adapter would keep both files open, and with them every other connection shut out.
                DuckDBConnectionManager.close_all_connections()  # type: ignore[no-untyped-call]


@cache
def open_session(settings: Settings) -> DbtSession:
    """The session of these settings, the same one for all gates of this process."""
    return DbtSession(settings)


@contextmanager
def _environment(settings: Settings) -> Iterator[None]:
    """What `profiles.yml` reads; restored afterwards, so that two homes in one process do not mix."""
    wanted = {
        "TENURE_WAREHOUSE_FILE": str(settings.warehouse_file),
        "TENURE_LAKE_FILE": str(settings.lake_file),
        "TENURE_MEMORY_LIMIT": settings.memory_limit,
        "TENURE_THREADS": str(settings.threads),
        "TENURE_SPILL": str(settings.spill),
        "DO_NOT_TRACK": "1",
    }
    before = {name: os.environ.get(name) for name in wanted}
    os.environ.update(wanted)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
