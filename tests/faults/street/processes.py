"""Real `tenure` processes for the fault suite: started fast, killed for real.

Starting Python with Dagster, dbt, Great Expectations and scikit-learn takes longer than the tiny street itself. So
one process imports them and parses its orders line by line; each order is a fork that runs the command line as a
user would and ends as one. `python -m tests.faults.street.processes` is that process.
"""

from __future__ import annotations

import faulthandler
import gc
import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

from dagster_project.launch import ENVIRONMENT

#: What makes a run small: no threads to share, models as on a real home.
BASE_ENVIRONMENT = {**ENVIRONMENT, "TENURE_LOCK_WAIT_SECONDS": "0", "TENURE_THREADS": "1"}

#: No command of the suite takes so long, not even thirty days at once on a busy machine.
_LONGEST_SECONDS = 3000


@dataclass(frozen=True)
class Ended:
    """How a command ended: the exit code, negative for the signal that ended it, and all it printed.

    `cpu` is the CPU seconds that it took.
    """

    code: int
    output: str
    cpu: float


class Starter:
    """Starts `tenure` commands from one warmed-up process."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.street.processes"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).resolve().parents[3],
        )  # fmt: skip

    def run(
        self,
        home: Path,
        *command: str,
        kill_after: float | None = None,
        largest_file: int | None = None,
        **settings: str,
    ) -> Ended:
        """Run a command to its end.

        Args:
            home: Its home; what it prints is added to `<home>.log`.
            command: As after `tenure`.
            kill_after: Seconds after which it gets SIGKILL.
            largest_file: Bytes beyond which no file can be written, as on a full disk.
            settings: `TENURE_` variables.
        """
        log = home.parent / f"{home.name}.log"
        order = {
            "command": command,
            "environment": {"TENURE_HOME": str(home), **{f"TENURE_{k.upper()}": v for k, v in settings.items()}},
            "log": str(log),
            "kill_after": kill_after,
            "largest_file": largest_file,
        }
        before = log.stat().st_size if log.exists() else 0
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        answer = json.loads(self._process.stdout.readline())
        return Ended(answer["code"], log.read_text(errors="replace")[before:], answer["cpu"])

    def close(self) -> None:
        self._process.stdin.close()
        self._process.wait()


def start_plainly(home: Path, *command: str, settings: Mapping[str, str]) -> subprocess.Popen[str]:
    """A command as a process of its own, as a shell would start it, with the variables of `settings`."""
    return subprocess.Popen(
        [sys.executable, "-c", "from dagster_project.cli import main; main()", *command],
        env={**os.environ, **BASE_ENVIRONMENT, "TENURE_HOME": str(home), **settings},
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip


def _serve() -> None:
    os.environ.update(BASE_ENVIRONMENT)
    answers = os.fdopen(os.dup(1), "w")
    _warm_up()
    for line in sys.stdin:
        order = json.loads(line)
        started = time.monotonic()
        child = os.fork()
        if child == 0:
            _become(order["command"], order["environment"], order["log"], order["largest_file"])
        code, cpu = _wait(child, started, order["kill_after"])
        answers.write(json.dumps({"code": code, "cpu": cpu}) + "\n")
        answers.flush()


def _warm_up() -> None:
    for module in (
        "dagster", "dagster_dbt", "dbt.adapters.duckdb", "dbt.cli.main", "dagster_project.definitions",
        "dagster_project.publish.report", "dagster_project.quality.runner", "ml.churn", "ml.segmentation",
    ):  # fmt: skip
        import_module(module)
    gc.collect()
    gc.freeze()


def _become(command: Sequence[str], environment: dict[str, str], log: str, largest_file: int | None) -> None:
    """Turn this process into the command; does not return."""
    os.environ.update(environment)
    descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(descriptor, 1)
    os.dup2(descriptor, 2)
    if largest_file is not None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (largest_file, largest_file))
    # A fork of a process that had threads may find a lock that nobody will open: then say where.
    faulthandler.dump_traceback_later(_LONGEST_SECONDS, exit=True)
    sys.argv = ["tenure", *command]
    from dagster_project.cli import main

    main()


def _wait(child: int, started: float, kill_after: float | None) -> tuple[int, float]:
    while True:
        ended, status, usage = os.wait4(child, os.WNOHANG)
        if ended:
            return os.waitstatus_to_exitcode(status), usage.ru_utime + usage.ru_stime
        if kill_after is not None and time.monotonic() - started >= kill_after:
            os.kill(child, 9)
            kill_after = None
        time.sleep(0.01)


if __name__ == "__main__":
    _serve()
