"""Files held for a steward: records that vanish, unusually few rows; and how they are accepted."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from dagster_project.errors import ConfigurationError
from dagster_project.extract import LoadResult, SourceContract, accept_load
from dagster_project.settings import Settings
from dagster_project.warehouse import connect
from tests.unit.extract.builders import DAY, NOW, contract, deliver, load, orders, query

NEXT = DAY + timedelta(days=1)


def snapshot(share: float = 0.2) -> SourceContract:
    return contract(load_mode="snapshot", primary_key=["order_id"], limits={"vanish_share": share})


def accept(settings: Settings, source: SourceContract, load_id: str) -> LoadResult:
    with connect(settings) as con:
        return accept_load(
            con, settings, {"shop": source}, load_id, reason="a branch was sold", as_of=NEXT, now=NOW, run_id="steward"
        )


def test_a_snapshot_that_lacks_most_records_waits_for_a_steward(settings: Settings) -> None:
    deliver(settings, orders(100))
    deliver(settings, orders(40), NEXT)
    first, held = load(settings, snapshot(), as_of=NEXT)
    assert (first.status, held.status) == ("loaded", "held")
    assert held.reason == (
        f"60 of the 100 records of {DAY} are gone, more than 20%: if that is true, "
        f'`tenure accept {held.load_id} --reason "..."`'
    )
    assert query(settings, "select count(*) from raw.shop__orders") == [(100,)]
    accepted = accept(settings, snapshot(), held.load_id)
    assert (accepted.status, accepted.rows_loaded, accepted.business_on) == ("loaded", 40, NEXT)
    assert query(
        settings,
        "select version, status, superseded_by, accepted_reason, known_from_on from ops.loads "
        f"where business_on = date '{NEXT}' order by version",
    ) == [
        (1, "superseded", accepted.load_id, None, None),
        (2, "loaded", None, "a branch was sold", NEXT),
    ]


@pytest.mark.parametrize(("left", "status"), [(80, "loaded"), (79, "held")])
def test_the_share_is_a_limit(settings: Settings, left: int, status: str) -> None:
    deliver(settings, orders(100))
    deliver(settings, orders(left), NEXT)
    assert load(settings, snapshot(), as_of=NEXT)[1].status == status


def test_a_held_snapshot_is_no_measure_for_the_next(settings: Settings) -> None:
    for number, rows in enumerate((100, 40, 95)):
        deliver(settings, orders(rows), DAY + timedelta(days=number))
    results = load(settings, snapshot(), as_of=DAY + timedelta(days=2))
    assert [result.status for result in results] == ["loaded", "held", "loaded"]


def test_what_is_wrong_cannot_be_accepted(settings: Settings) -> None:
    source = snapshot()
    deliver(settings, orders(100))
    deliver(settings, orders(100).replace("amount", "sum"), NEXT)
    good, held = load(settings, source, as_of=NEXT)
    assert accept(settings, source, held.load_id).status == "held"
    for load_id, words in ((good.load_id, "it is loaded"), ("nothing", "no load nothing")):
        with pytest.raises(ConfigurationError, match=words):
            accept(settings, source, load_id)
    with connect(settings) as con:
        con.execute("update ops.loads set status = 'held' where load_id = $id", {"id": good.load_id})
    with pytest.raises(ConfigurationError, match="held by a check on its rows"):
        accept(settings, source, good.load_id)


def test_unusually_few_rows_hold_a_file_where_the_contract_says_so(settings: Settings) -> None:
    def days(sizes: list[int]) -> list[tuple[date, int]]:
        return [(DAY + timedelta(days=number), rows) for number, rows in enumerate(sizes)]

    for day, rows in days([100, 110, 90, 40, 100]):
        deliver(settings, orders(rows, start=day.toordinal() * 1000), day)
    results = load(settings, contract(limits={"min_share_of_usual": 0.5}), as_of=DAY + timedelta(days=9))
    assert [result.status for result in results] == ["loaded", "loaded", "loaded", "held", "loaded"]
    assert results[3].reason == "it has 40 rows, less than 50% of the usual 100"
