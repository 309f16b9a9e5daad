"""Packs: named sets of source systems, read from `packs.yml`. A home belongs to one of them.

What belongs here: the list and its reading. Not: which pack a home is of (`settings`, `home`).
"""

from __future__ import annotations

from datetime import date
from functools import cache
from pathlib import Path
from typing import Final

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from dagster_project.errors import ConfigurationError

#: Pack of a home that names none.
DEFAULT_PACK: Final = "retail"
_FILE: Final = Path(__file__).with_name("packs.yml")


class Pack(BaseModel):
    """A set of source systems that one company runs.

    Attributes:
        description: What kind of company it is.
        start_on: First business day of a home that does not say another.
        currency: ISO 4217 code in which its marts sum amounts.
        shared_customer_key: Its systems share one customer number, which is then the customer_id.
        is_simulated: Nobody in it exists, and whoever reads a result is told.
        sources: Names of its source systems: folders below `defs/sources`.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    description: str
    start_on: date
    currency: str = Field(pattern="^[A-Z]{3}$")
    shared_customer_key: bool = False
    is_simulated: bool = False
    sources: tuple[str, ...]


@cache
def load_packs() -> dict[str, Pack]:
    """Every pack of the project, by name.

    Raises:
        ConfigurationError: `packs.yml` does not describe packs; says where and why.

    Example:
        >>> "pos" in load_packs()["retail"].sources
        True
    """
    # Not at the top: most commands never look into the list, and each would pay for the import.
    import yaml

    from dagster_project.strict_yaml import parse_yaml

    try:
        return TypeAdapter(dict[str, Pack]).validate_python(parse_yaml(_FILE.read_text(encoding="utf-8")))
    except yaml.YAMLError as error:
        raise ConfigurationError(f"{_FILE} is not readable as YAML: {error}.", "correct it") from error
    except ValidationError as error:
        problem = error.errors()[0]
        where = ".".join(map(str, problem["loc"]))
        raise ConfigurationError(f"{_FILE} is not a list of packs: {where}: {problem['msg']}.", "correct it") from error


def pack_of(name: str) -> Pack:
    """The pack of that name.

    Raises:
        ConfigurationError: there is none.
    """
    packs = load_packs()
    if name not in packs:
        raise ConfigurationError(f"There is no pack '{name}'; packs are {', '.join(packs)}.", "use one of them")
    return packs[name]


def packs_with(system: str) -> list[str]:
    """Names of the packs that a source system belongs to.

    >>> packs_with("pos")
    ['retail']
    """
    return [name for name, pack in load_packs().items() if system in pack.sources]
