"""A day that compares only what changed says what a comparison of everything says, whatever changed."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from math import log2
from pathlib import Path
from typing import Final

import pytest

from dagster_project.errors import ConfigurationError, StorageError
from dagster_project.identity import read_decisions, record_decision
from dagster_project.identity.model import ATTACH_WEIGHT, LINK_WEIGHT
from dagster_project.settings import Settings
from dagster_project.warehouse import connect
from tests.unit.identity.conftest import DAY, change, copy_of, forget, run, said

NOW: Final = datetime(2026, 6, 1, 9, tzinfo=UTC)
#: What may happen between two days. `t` is the table of records.
CHANGES: Final = {
    "nothing": "",
    "new people and a new login": """
        insert into t by name select 'ibss' as source_system, (7000 + n)::varchar as customer_key,
            'customer' as record_kind, '新' || n as full_name, '新' as surname, 'm' as gender, 'N' || n as id_number,
            'new' || n || '@x' as email, date '1990-01-01' + n::int as born_on, 'area 1' as district,
            date '2026-06-02' as joined_on, date '2026-06-02' as registered_on from range(5) as s(n);
        insert into t by name select 'web' as source_system, 'web:u1' as customer_key, 'login' as record_kind,
            'u1' as login, date '2026-06-02' as registered_on""",
    "a typo is corrected and a name changes": """
        update t set full_name = '别名' where customer_key = '1004';
        update t set id_number = (select id_number from t where customer_key = '1015') where customer_key = '5015'""",
    "records vanish, the founder of a person too": """
        delete from t where customer_key in ('1030', '5045', 'dir:50', 'web:u9')""",
    "an e-mail and a phone become a front desk's": """
        update t set email = 'u6@x', born_on = date '1999-09-09' where customer_key in ('1006', '1007', '1008');
        update t set email = 'u6@x' where customer_key in ('1009', '1010', '1011');
        update t set phone = '1296' where customer_key in ('1020', '1021', '1022', '1023', '1024')""",
    "a name becomes common": "update t set full_name = (select full_name from t where customer_key = '1015') "
    "where try_cast(customer_key as bigint) between 1200 and 1207",
    "a name becomes rarer": "delete from t where customer_key = 'dir:30'",
    "an address becomes a dormitory": "update t set address = (select address from t where customer_key = '1015') "
    "where try_cast(customer_key as bigint) between 1210 and 1240",
    "a system merges two records of different people": """
        update t set merged_into_key = '1100' where customer_key = '1101'""",
    "the record that others were merged into comes later": """
        update t set merged_into_key = '7777' where customer_key = '1102';
        delete from t where customer_key = '1100'""",
    "most records change": "update t set district = district || '!' where record_kind = 'customer'",
    "many come at once": """
        insert into t by name select 'web' as source_system, 'web:x' || n as customer_key, 'login' as record_kind,
            'x' || n as login, date '2026-06-02' as registered_on from range(400) as s(n)""",
}


@pytest.mark.parametrize("what", CHANGES)
def test_a_day_equals_a_comparison_of_everything(what: str, home: Settings, tmp_path: Path) -> None:
    change(home, CHANGES[what])
    whole = copy_of(home, tmp_path / "whole")
    forget(whole)
    run(home, DAY + timedelta(days=1))
    full = run(whole, DAY + timedelta(days=1))
    assert full.affected == full.records
    assert said(home) == said(whole)


def test_days_one_after_the_other_equal_a_comparison_of_everything_at_the_end(home: Settings, tmp_path: Path) -> None:
    for number, what in enumerate(CHANGES, start=1):
        change(home, CHANGES[what])
        last = DAY + timedelta(days=number)
        run(home, last)
    whole = copy_of(home, tmp_path / "whole")
    forget(whole)
    assert run(whole, last).moved == 0
    assert said(home) == said(whole)


@pytest.mark.parametrize("commoner", ["1015", "8015"])
def test_a_score_that_ties_a_common_name_to_another_name_stays(commoner: str, home: Settings, tmp_path: Path) -> None:
    change(
        home,
        "insert into t by name select source_system, '8015' as customer_key, record_kind, "
        "left(full_name, 2) || '字' as full_name, surname, gender, born_on, district, address, "
        "date '2026-06-02' as joined_on, date '2026-06-02' as registered_on from t where customer_key = '1015'",
    )
    run(home, DAY + timedelta(days=1))
    with connect(home, read_only=True) as con:
        [(scores,)] = con.execute(
            "select count(*) from intermediate.identity_links where '8015' in (left_key, right_key)"
        ).fetchall()
    assert scores
    change(home, CHANGES["a name becomes common"].replace("1015", commoner))
    whole = copy_of(home, tmp_path / "whole")
    forget(whole)
    for settings in (home, whole):
        run(settings, DAY + timedelta(days=2))
    assert said(home) == said(whole)


def test_a_day_looks_at_whom_a_change_concerns(home: Settings) -> None:
    change(home, CHANGES["new people and a new login"])
    found = run(home, DAY + timedelta(days=1))
    assert 6 <= found.affected <= 12
    assert found.moved == 6
    assert run(home, DAY + timedelta(days=1)).affected == 0


def test_a_past_date_agrees_with_what_came_after_it(home: Settings) -> None:
    before = said(home)
    change(home, "delete from t where customer_key = '5015'")
    found = run(home, DAY - timedelta(days=7))
    assert found.affected == found.records
    with connect(home, read_only=True) as con:
        differing = con.execute(
            "select count(*) from ops.customer_ids group by source_system, customer_key "
            "having count(distinct customer_id) > 1"
        ).fetchall()
        begins = con.execute("select min(valid_from_on), count(*) from ops.customer_ids").fetchall()
    assert differing == []
    assert begins == [(DAY - timedelta(days=7), 450)]
    assert len(before["ops.customer_ids"]) == 450


def test_ids_come_back_from_their_copy(home: Settings) -> None:
    change(home, CHANGES["records vanish, the founder of a person too"])
    run(home, DAY + timedelta(days=1))
    before = said(home)
    forget(home)
    with connect(home) as con:
        con.execute("delete from ops.customer_ids; delete from ops.identity_state")
        con.execute("delete from intermediate.customer_xref")
    assert run(home, DAY + timedelta(days=1)).moved == 0
    assert said(home) == before


def test_merge_and_split_leave_no_trace_but_the_decisions(home: Settings) -> None:
    before = said(home)
    pair = (("ibss", "1001"), ("ibss", "1200"))
    for action in ("merge", "split"):
        record_decision(home, action, [pair], reason="test", author="me", now=NOW)
        run(home, DAY)
    assert said(home) == before
    assert [decision.decision_id for decision in read_decisions(home)] == ["D1", "D2"]


def test_a_merge_keeps_the_older_id_and_later_days_keep_the_merge(home: Settings) -> None:
    ids = {row[1]: row[2] for row in said(home)["intermediate.customer_xref"]}
    record_decision(home, "merge", [(("ibss", "1200"), ("ibss", "1001"))], reason="test", author="me", now=NOW)
    for day in (1, 2):
        run(home, DAY + timedelta(days=day))
        after = {row[1]: row[2] for row in said(home)["intermediate.customer_xref"]}
        assert after["1001"] == after["1200"] == ids["1001"]
    assert said(home)["intermediate.customer_redirects"] == [(ids["1200"], ids["1001"], 2, DAY + timedelta(days=1))]


def test_odds_that_let_an_enquiry_join_a_customer_do_not_make_two_customers_one(home: Settings) -> None:
    change(
        home,
        "update t set full_name = (select full_name from t where customer_key = '1020') "
        "where try_cast(customer_key as bigint) between 1200 and 1206;"
        "insert into t by name select source_system, '8001' as customer_key, record_kind, full_name, surname, gender, "
        "district, date '2026-06-02' as joined_on, date '2026-06-02' as registered_on "
        "from records where customer_key = '1031'",
    )
    run(home, DAY + timedelta(days=1))
    with connect(home, read_only=True) as con:
        links = con.execute(
            "select is_used, match_weight from intermediate.identity_links "
            "where left_key = 'dir:20' and right_key = '1020' and reason = 'scored'"
        ).fetchall()
        questions = con.execute(
            "select review_kind, match_weight from intermediate.identity_reviews where '8001' in (left_key, right_key)"
        ).fetchall()
    # By hand: odds of one in 256, the name (9 bear it, about 8; 2 bear the other), the district, then days or gender.
    asked = log2(1 / 255) + log2(0.9 / (8 / 256)) + log2(0.95 / 0.04) + log2(0.95 / 0.05)
    alike = log2(1 / 255) + log2(0.9 / (2 / 256)) + log2(0.95 / 0.04) + log2(0.99 / 0.5)
    assert links == [(True, pytest.approx(asked, abs=0.001))]
    assert questions == [("uncertain", pytest.approx(alike, abs=0.001))]
    assert ATTACH_WEIGHT < asked < LINK_WEIGHT
    assert ATTACH_WEIGHT < alike < LINK_WEIGHT


def test_a_rule_gives_way_to_a_steward(home: Settings) -> None:
    pair = (("ibss", "1003"), ("web", "web:u3"))
    record_decision(home, "split", [pair], reason="test", author="me", now=NOW)
    run(home, DAY + timedelta(days=1))
    found = {row[1]: (row[2], row[6]) for row in said(home)["intermediate.customer_xref"]}
    assert found["1003"][0] != found["web:u3"][0]
    assert found["web:u3"][1] is False


def test_half_a_decision_is_passed_over_and_a_damaged_one_is_named(home: Settings) -> None:
    record_decision(home, "merge", [(("ibss", "1"), ("ibss", "2"))], reason="r", author="me", now=NOW)
    path = home.identity_decisions
    whole = path.read_text(encoding="utf-8")
    path.write_text(whole + whole[:40], encoding="utf-8")
    assert len(read_decisions(home)) == 1
    record_decision(home, "split", [(("ibss", "1"), ("ibss", "2"))], reason="r", author="me", now=NOW)
    assert [decision.action for decision in read_decisions(home)] == ["merge", "split"]
    path.write_text(json.dumps({"decision_id": "D1"}) + "\n", encoding="utf-8")
    with pytest.raises(StorageError, match="Line 1"):
        read_decisions(home)


def test_a_rule_model_that_reads_something_else_is_refused(home: Settings) -> None:
    with connect(home) as con:
        con.execute("create or replace view lake.intermediate.int_records_matched as select 1 as rule")
    change(home, CHANGES["new people and a new login"])
    with pytest.raises(ConfigurationError, match="int_records_matched"):
        run(home, DAY + timedelta(days=1))
