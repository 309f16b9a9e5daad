"""`tenure source new`: a source system from a sample file, and what is left for a person to do."""

from __future__ import annotations

from pathlib import Path

from dagster_project.commands.terminal import amount, out, say, table
from dagster_project.scaffold import Scaffold, scaffold_source
from dagster_project.settings import Settings


def add_source(settings: Settings, system: str, sample: Path, *, extract: str | None, entity: str | None) -> None:
    """Write the files of a new system and say what comes next; shows no value of the sample.

    Raises:
        ConfigurationError: the name is taken, the sample cannot be read, or there is no such entity.
    """
    new = scaffold_source(settings, system, sample, extract=extract, entity=entity)
    found = new.profile
    say(
        f"{amount(found.rows, 'row')} of {new.sample.format}, {new.sample.encoding}; "
        f"key: {', '.join(found.primary_key) or 'none found'}."
    )
    rows = [(c.name, c.type, "yes" if c.is_nullable else "no", c.pii) for c in found.columns]
    out().print(table(("column", "type", "may be empty", "personal data"), rows))
    say("\nWritten")
    for path in new.files:
        say(f"  {path.relative_to(settings.project_root)}")
    say("\nNext")
    for number, step in enumerate(_steps(settings, new), 1):
        say(f"  {number}. {step}")


def _steps(settings: Settings, new: Scaffold) -> list[str]:
    contract, model, *_ = (path.relative_to(settings.project_root) for path in new.files)
    steps = [
        f"Read {contract}: complete what is marked with #, say what each column means, and correct the guesses "
        "about personal data.",
    ]
    if new.entity:
        null = f" Null so far: {', '.join(new.unmapped)}." if new.unmapped else ""
        unused = f" Not used: {', '.join(new.unused)}." if new.unused else ""
        steps.append(f"Read {model}.{null}{unused}")
        steps.append(
            f"List {new.system} in dbt/dbt_project.yml under entity_sources: {new.entity}: [..., {new.system}]"
        )
    else:
        steps.append(
            f"{model} has the raw columns. To feed a conformed entity, name it stg_{new.system}__<entity>, give it the "
            "columns of dbt/models/conformed/<entity>.yml and list the system in dbt/dbt_project.yml under "
            "entity_sources; or begin again with --entity."
        )
    return [
        *steps,
        f"List {new.system} under the sources of its pack in dagster_project/packs.yml, and give it a line like those "
        "below `sources` in dbt/dbt_project.yml: "
        f"{new.system}: {{+enabled: \"{{{{ '{new.system}' in var('sources_enabled', []) }}}}\"}}",
        f"Put a file into {settings.inbox / new.system}/, then `tenure load` and `tenure status`.",
        "Before you commit: `make lint` and `pytest tests/project`.",
    ]
