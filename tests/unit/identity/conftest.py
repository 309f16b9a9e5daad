"""A home with made-up records, resolved once, and what tests do with copies of it."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path
from typing import Final

import pytest

from dagster_project.identity import Outcome, read_decisions, resolve
from dagster_project.settings import Settings
from dagster_project.warehouse import connect
from tests.unit.dbt.lake import Lake, failed

DAY: Final = date(2026, 6, 1)
SAID: Final = (
    "intermediate.customer_xref", "ops.customer_ids", "intermediate.customer_redirects", "intermediate.identity_links",
    "intermediate.identity_reviews",
)  # fmt: skip
#: 300 people, every 15th with a second record, every 10th with an enquiry, every third with a login. Families of three.
RECORDS: Final = """
    create table lake.intermediate.records as
    with people as (
        select n as person, chr((19968 + (n // 3) % 40)::int) as surname,
            chr((19968 + (n // 3) % 40)::int) || chr((20100 + n % 60)::int) || chr((20100 + n // 60)::int) as full_name,
            ['m', 'f'][1 + n % 2] as gender, date '1960-01-01' + (n * 37)::int as born_on,
            '9' || lpad(n::varchar, 16, '0') || 'Z' as id_number, 'area ' || (n // 3) % 7 as district
        from range(300) as t(n)
    )
    select 'ibss' as source_system, (1000 + person)::varchar as customer_key, 'customer' as record_kind, full_name,
        surname, gender, id_number, 'u' || person || '@x' as email, null::varchar as login,
        '129' || person as phone, district || ' house ' || person // 3 as address, district,
        null::varchar as merged_into_key, born_on, null::date as enquired_on,
        date '2026-01-01' + (person // 3)::int as joined_on,
        date '2026-01-01' + (person // 3)::int as registered_on
    from people
    union all
    select 'ibss', (5000 + person)::varchar, 'customer', full_name, surname, gender,
        left(id_number, 15) || substr(id_number, 17, 1) || substr(id_number, 16, 1) || 'Z', null, null,
        '130' || person, district || ' house ' || person // 3, district, null, born_on, null, date '2026-05-01',
        date '2026-05-01'
    from people where person % 15 = 0
    union all
    select 'directory', 'dir:' || person, 'prospect', full_name, surname, null, null, null, null, null, null, district,
        null, null, date '2025-12-20' + (person // 3)::int, null, date '2025-12-20' + (person // 3)::int
    from people where person % 10 = 0
    union all
    select 'web', 'web:u' || person, 'login', null, null, null, null, null, 'u' || person, null, null, null, null, null,
        null, null, date '2026-02-01'
    from people where person % 3 = 0
"""


@pytest.fixture(scope="session")
def first(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """A home whose made-up records were resolved once; the rules are dbt's own. Read only."""
    settings = Settings(home=tmp_path_factory.mktemp("days") / "home", pack="telecom")
    lake = Lake(settings).prepare()
    wanted = (
        "--select",
        "+int_records_matched",
        "--exclude-resource-type",
        "unit_test",
        "--exclude-resource-type",
        "test",
    )
    assert failed(lake.build(DAY, *wanted)) == []
    with connect(settings) as con:
        con.execute(RECORDS)
        con.execute("drop table lake.intermediate.int_records_prepared")
        con.execute(
            "create view lake.intermediate.int_records_prepared as "
            "select *, hash(records) as content_hash from lake.intermediate.records"
        )
    found = run(settings, DAY)
    assert found.records == found.moved == found.affected == 450
    return settings


@pytest.fixture
def home(first: Settings, tmp_path: Path) -> Settings:
    return copy_of(first, tmp_path / "home")


def copy_of(settings: Settings, folder: Path) -> Settings:
    shutil.copytree(settings.home, folder)
    return Settings(home=folder, pack="telecom")


def run(settings: Settings, day: date) -> Outcome:
    with connect(settings) as con:
        return resolve(con, settings, read_decisions(settings), as_of=day)


def said(settings: Settings) -> dict[str, list[tuple[object, ...]]]:
    with connect(settings, read_only=True) as con:
        return {table: con.execute(f"from lake.{table} order by all").fetchall() for table in SAID}


def change(settings: Settings, statements: str) -> None:
    with connect(settings) as con:
        con.execute("use lake.intermediate")
        for statement in filter(str.strip, statements.split(";")):
            con.execute(statement.replace(" t ", " records ").replace("from t)", "from records)"))


def forget(settings: Settings) -> None:
    """Only what was compared: who bore which id stays."""
    with connect(settings) as con:
        con.execute("delete from ops.identity_records; delete from ops.identity_edges")
