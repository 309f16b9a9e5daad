"""What the commands of `tenure` take from the environment: settings, who types, and where a test ends them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dagster_project import failpoints
from dagster_project.errors import ConfigurationError

if TYPE_CHECKING:
    from dagster_project.settings import Settings


def user() -> str:
    """Who types, for the audit log."""
    import getpass

    return getpass.getuser()


def settings_of_environment() -> Settings:
    """The settings; a wrong one is named.

    Raises:
        ConfigurationError: a setting is not usable.
    """
    from pydantic import ValidationError

    from dagster_project.settings import Settings

    try:
        settings = Settings()
    except ValidationError as error:
        problem = error.errors()[0]
        name = "_".join(["TENURE", *map(str, problem["loc"])]).upper()
        raise ConfigurationError(
            f"The setting {name} is not usable: {problem['msg']}.",
            "correct it in the environment or in `.env`",
        ) from error
    failpoints.arm(settings.failpoint)
    return settings
