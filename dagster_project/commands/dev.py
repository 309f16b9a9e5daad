"""`tenure dev`: Dagster's page and daemon as child processes, with the environment of this home."""

from __future__ import annotations

import subprocess
import sys
from typing import Final

from dagster_project.commands.terminal import say
from dagster_project.errors import ConfigurationError
from dagster_project.launch import initialise, prepare_environment
from dagster_project.settings import Settings

# Dagster advises `dg dev` instead, which is in a package for developers that an installed wheel does not bring.
_QUIET: Final = ("-W", "ignore:Function `dev_command` is superseded")


def serve(settings: Settings, port: int) -> None:
    """Serve until interrupted.

    Raises:
        ConfigurationError: Dagster ended by itself, for example because the port is taken.
    """
    initialise(settings)
    # The child inherits this process's environment; DAGSTER_HOME must be there before Dagster is imported.
    prepare_environment(settings)
    say(f"Dagster opens at http://127.0.0.1:{port} in about half a minute; Ctrl+C ends it.")
    child = subprocess.Popen(
        [sys.executable, *_QUIET, "-m", "dagster", "dev", "-m", "dagster_project.definitions", "-p", str(port)],
    )
    try:
        code = child.wait()
    except KeyboardInterrupt:
        # The terminal sends the interrupt to the child as well; it ends its own children in order.
        child.wait()
        return
    if code != 0:
        raise ConfigurationError(
            f"Dagster ended with code {code}; its own words are above.",
            f"`tenure doctor`; if port {port} is taken, `tenure dev --port {port + 1}`",
        )
