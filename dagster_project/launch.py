"""What `tenure` starts: a home, a load, the daily job. Between the command line and Dagster.

The job runs in this process with the instance of `DAGSTER_HOME`, so that every run is in the UI too.
"""

from __future__ import annotations

import gc
import logging
import os
import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime
from importlib import resources
from typing import TYPE_CHECKING, Any, Final

from dagster_project.errors import StorageError, TenureError, WarehouseBusyError
from dagster_project.failpoints import failpoint
from dagster_project.home import settle_pack
from dagster_project.settings import Settings
from dagster_project.warehouse import connect, out_of_space, row_counts, writer_lock

if TYPE_CHECKING:
    import dagster as dg

Progress = Callable[[str], None]

#: Nothing about a user leaves the machine; linear algebra runs on one thread, which is both byte-exact and,
#: on a busy machine, up to thirteen times faster than threads that spin while they wait.
ENVIRONMENT: Final[Mapping[str, str]] = {
    "DAGSTER_DISABLE_TELEMETRY": "1",
    "DO_NOT_TRACK": "1",
    "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
    "GX_ANALYTICS_ENABLED": "false",
    "OMP_WAIT_POLICY": "passive",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
}


#: Tables whose row counts a person wants to see after a run.
HEADLINE_TABLES: Final = (
    "marts.fct_order_lines",
    "marts.fct_orders",
    "marts.dim_customers",
    "ml.churn_scores",
    "activation.act_churn_list",
)


@dataclass(frozen=True)
class RunSummary:
    """What one daily run did.

    Attributes:
        run_id: Dagster's run id.
        as_of: Business date of the run.
        seconds: Wall time.
        released: Whether a new release was published; false when nothing changed.
        release_id: The release that is published now.
        content_hash: Fingerprint of its tables.
        rows: Rows by headline table.
        warnings: Failed checks that do not block.
        failed_checks: Their ids.
    """

    run_id: str
    as_of: date
    seconds: float
    released: bool
    release_id: str
    content_hash: str
    rows: Mapping[str, int]
    warnings: int
    failed_checks: list[str]


def initialise(settings: Settings) -> None:
    """Create the home: folders, the Dagster instance file, the tables of the ledger. Safe to repeat.

    Raises:
        ConfigurationError: the home holds data of another pack.
    """
    from dagster_project.extract import load_contracts, prepare

    settle_pack(settings)
    if settings.rebuild_note.exists():
        raise StorageError("The lake was being rebuilt and that did not end.", "`tenure rebuild`")
    for folder in (settings.inbox, settings.landing, settings.exports, settings.reports, settings.models,
                   settings.identity, settings.dagster_home, settings.spill, settings.gx,
                   settings.dbt_state):  # fmt: skip
        folder.mkdir(parents=True, exist_ok=True)
    instance_file = settings.dagster_home / "dagster.yaml"
    if not instance_file.exists():
        # Whole or not at all: Dagster would take half of it for the configuration.
        unfinished = instance_file.with_suffix(".tmp")
        with resources.as_file(resources.files("dagster_project") / "dagster.yaml") as shipped:
            shutil.copyfile(shipped, unfinished)
        failpoint("home.instance_file_written")
        unfinished.replace(instance_file)
        failpoint("home.instance_file_placed")
    with writer_lock(settings, holder="tenure init", since=datetime.now(UTC)), connect(settings) as con:
        prepare(con, settings, load_contracts(settings))
    failpoint("home.tables_made")


def compile_models(settings: Settings) -> None:
    """Parse the dbt project into the home, so that runs only look for what changed since."""
    from dagster_project.transform import open_session

    prepare_environment(settings)
    open_session(settings).parse()


def load_only(settings: Settings, as_of: date, progress: Progress) -> None:
    """Load what is in the inbox up to `as_of` and check it; build nothing."""
    _execute(settings, "load", as_of, progress, full_refresh=False)


def run_daily(settings: Settings, as_of: date, *, full_refresh: bool = False, progress: Progress) -> RunSummary:
    """Run the `daily` job for one business date.

    Raises:
        TenureError: the first cause, in plain words; the last release stays published.
    """
    started = time.monotonic()
    result = _execute(settings, "daily", as_of, progress, full_refresh=full_refresh)
    return _summary(settings, result.run_id, as_of, time.monotonic() - started)


def prepare_environment(settings: Settings) -> dict[str, str]:
    """Environment of everything that is started: telemetry off, threads, DAGSTER_HOME. Returns it as applied."""
    applied = {**ENVIRONMENT, "DAGSTER_HOME": str(settings.dagster_home), "TENURE_HOME": str(settings.home.resolve())}
    os.environ.update(applied)
    return applied


def _execute(
    settings: Settings, job_name: str, as_of: date, progress: Progress, *, full_refresh: bool
) -> dg.ExecuteInProcessResult:
    prepare_environment(settings)
    initialise(settings)
    progress("Loading the project")
    # Importing and parsing make millions of objects that stay; looking through them again and again for garbage
    # costs a tenth of the start.
    gc.set_threshold(200_000, 20, 100)
    import dagster as dg

    from dagster_project.definitions import build_defs

    run_config = {
        "resources": {"run_options": {"config": {"full_refresh": full_refresh}}},
        "loggers": {"progress": {}},
    }
    try:
        job = build_defs(settings).resolve_job_def(job_name)
        with dg.DagsterInstance.get() as instance, _announcing(progress):
            _free_pools(settings, instance)
            try:
                return job.execute_in_process(partition_key=as_of.isoformat(), instance=instance, run_config=run_config)
            finally:
                _book_runs(settings, instance)
    except Exception as error:
        raise _plain(error, settings) from error


def _free_pools(settings: Settings, instance: dg.DagsterInstance) -> None:
    """Give back the places in Dagster's pools that a killed run still holds; for them this run would wait for good.

    While the lock is ours nobody writes, so nobody needs a place. A step of another process that has just taken one
    waits for the lock, which is what keeps writers apart.
    """
    storage = instance.event_log_storage
    with writer_lock(settings, holder="tenure", since=datetime.now(UTC)):
        for pool in storage.get_concurrency_keys():
            for run_id in storage.get_concurrency_info(pool).active_run_ids:
                storage.free_concurrency_slots_for_run(run_id)


def _book_runs(settings: Settings, instance: dg.DagsterInstance) -> None:
    """How the run ended, into the house's books; the next run does it where another process writes now."""
    from dagster_project.components.run_records import record_runs

    with (
        suppress(WarehouseBusyError),
        writer_lock(settings, holder="tenure", since=datetime.now(UTC)),
        connect(settings) as con,
    ):
        record_runs(con, instance)


def _plain(error: BaseException, settings: Settings) -> TenureError:
    """The error a user can act on: ours, if it is in the chain of causes; else Dagster's in one sentence."""
    cause: BaseException | None = error
    while cause is not None:
        if (full := out_of_space(cause, settings)) is not None:
            return full
        if isinstance(cause, TenureError):
            return cause
        cause = cause.__cause__
    return TenureError(f"The run stopped: {error}", "`tenure dev` shows the run with its log")


def _summary(settings: Settings, run_id: str, as_of: date, seconds: float) -> RunSummary:
    from dagster_project.publish.release import published_release

    release = published_release(settings)
    if release is None:
        raise TenureError(f"Run {run_id} ended without a release.", "`tenure doctor`")
    with connect(settings, read_only=True) as con:
        counts = row_counts(con)
        failed = con.execute(
            "select check_id from lake.ops.check_results where run_id = ? and status <> 'passed' order by check_id",
            [run_id],
        ).fetchall()
    return RunSummary(
        run_id=run_id,
        as_of=as_of,
        seconds=seconds,
        released=release.run_id == run_id,
        release_id=release.release_id,
        content_hash=release.content_hash,
        rows={table: counts[table] for table in HEADLINE_TABLES},
        warnings=len(failed),
        failed_checks=[check for (check,) in failed],
    )


@contextmanager
def _announcing(progress: Progress) -> Iterator[None]:
    """Pass the names of steps to `progress` as they start."""
    handler = _StepHandler(progress)
    logger = logging.getLogger("tenure.progress")
    logger.addHandler(handler)
    logger.propagate = False
    logger.setLevel(logging.DEBUG)
    try:
        yield
    finally:
        logger.removeHandler(handler)


class _StepHandler(logging.Handler):
    def __init__(self, progress: Progress) -> None:
        super().__init__(logging.DEBUG)
        self._progress = progress

    def emit(self, record: logging.LogRecord) -> None:
        event: Any = (getattr(record, "dagster_meta", None) or {}).get("dagster_event")
        if event is not None and event.event_type_value == "STEP_START":
            self._progress(event.step_key)
