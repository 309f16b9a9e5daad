"""What is kept of Splink's work scores pairs as Splink does, and no longer than it fits the settings."""

from __future__ import annotations

from datetime import timedelta

import pytest
from splink import DuckDBAPI, Linker

from dagster_project.identity import changing, model, scoring, weighing
from dagster_project.settings import Settings
from dagster_project.warehouse import connect
from tests.unit.identity.conftest import DAY, change, run

NEWCOMER = """
    insert into t by name select source_system, '8001' as customer_key, record_kind, full_name, surname, gender,
        born_on, district, address, date '2026-06-02' as joined_on, date '2026-06-02' as registered_on
    from t where customer_key = '1001'
"""


def kept(settings: Settings) -> list[tuple[str, int, str, str]]:
    with connect(settings, read_only=True) as con:
        return con.execute("from ops.identity_statements order by step").fetchall()


def test_the_statements_score_pairs_as_splink_does(home: Settings) -> None:
    with connect(home) as con:
        con.execute("delete from ops.identity_records")
        changes = changing.find_changes(con, DAY)
        weighing.weigh(con, changes)
        ours = scoring.score(con)
        scored = con.execute("select left_no, right_no, match_weight from scored order by all").fetchall()
        con.execute("use memory")
        con.execute(scoring.INPUT.replace("temp table ", "table memory.main."))
        con.execute(scoring.NAMES.replace("temp table ", "table memory.main."), {"total": changes.total})
        api = DuckDBAPI(con)
        linker = Linker(api.register("identity_input"), model.splink_settings(changes.total), log_level=None)
        linker.table_management.register_term_frequency_lookup(api.register("identity_names"), "full_name")
        table = linker.inference.predict(threshold_match_weight=model.REVIEW_WEIGHT).physical_name
        expected = con.execute(
            "select least(record_no_l, record_no_r), greatest(record_no_l, record_no_r), round(case when "
            f"{model.TWO_PEOPLE} then least(match_weight, {model.LINK_WEIGHT - 0.01}) else match_weight end, 4) "
            f"from {table} order by all"
        ).fetchall()
        con.execute("use lake")
    assert scored == expected
    assert ours.pairs == len(expected) > 20


def test_a_day_runs_the_statements_of_the_day_before(home: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    before = kept(home)
    assert [step for _, step, _, _ in before] == [0, 1]

    def never(records: int) -> list[str]:
        raise AssertionError(f"written again, for {records} records")

    monkeypatch.setattr(scoring, "statements_for", never)
    change(home, NEWCOMER)
    assert run(home, DAY + timedelta(days=1)).scored > 0
    assert kept(home) == before


@pytest.mark.parametrize(
    "statement",
    ["delete from ops.identity_statements", "update ops.identity_statements set settings_hash = 'of other settings'"],
)
def test_statements_that_do_not_fit_are_written_again(home: Settings, statement: str) -> None:
    before = kept(home)
    with connect(home) as con:
        con.execute(statement)
    change(home, NEWCOMER)
    assert run(home, DAY + timedelta(days=1)).scored > 0
    assert kept(home) == before


def test_statements_are_the_same_each_time_and_name_no_record() -> None:
    first = scoring.statements_for(1024)
    assert first == scoring.statements_for(1024)
    assert first != scoring.statements_for(2048)
    assert not any("__splink__blocked_id_pairs" in statement for statement in first)
