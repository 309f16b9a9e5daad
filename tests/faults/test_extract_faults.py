"""Damaged deliveries: each is kept out with a reason a person can act on, and a good one then settles it."""

from __future__ import annotations

import gzip
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from dagster_project.extract import judging, ledger, loader, quarantine_summary, quarantined, store, unresolved
from dagster_project.settings import Settings
from dagster_project.warehouse import connect
from tests.unit.extract.builders import COLUMNS, DAY, HEADER, contract, deliver, load, orders, query

PACKED = gzip.compress(orders(500).encode(), mtime=0)


def lines(*rows: str) -> str:
    return "\n".join([HEADER, *rows]) + "\n"


@pytest.mark.parametrize(
    ("content", "suffix", "status", "words"),
    [
        (PACKED[: len(PACKED) // 2], "csv.gz", "rejected", "ends early"),
        (PACKED[:-8] + b"\0" * 8, "csv.gz", "rejected", "damaged"),
        (PACKED + b"trailing", "csv.gz", "rejected", "damaged"),
        (b"", "csv.gz", "rejected", "ends early"),
        (orders(3).encode(), "csv.gz", "rejected", "damaged"),
        (b"", "csv", "rejected", "it is empty: 0 bytes"),
        (f"{HEADER}\n", "csv", "held", "it has no rows"),
        (orders(3).replace("amount", "amounts"), "csv", "held", "amount is missing; the nearest header is 'amounts'"),
        ("order_id,customer,ordered_on\n1,A,2017-01-01\n", "csv", "held", "column amount is missing"),
        (orders(3).replace("amount", "amount,extra"), "csv", "held", "does not know: 'extra'"),
        (orders(3).replace("amount", "amount,customer"), "csv", "held", "more than one column for customer"),
        ("Ada Lovelace;x@y.z\n1;2\n", "csv", "held", "column order_id is missing"),
        (lines('1,"open,1.00,2017-01-01', *["2,B,1.00,2017-01-01"] * 50), "csv", "held", "never closed"),
        (orders(3).replace("2.50", "2.50\r", 1).encode() + b"9,Z,1.00,2017-01-01\r\n", "csv", "rejected", "mixed up"),
        (lines("1,A,1.00,2017-01-01", "", "2,B"), "csv", "held", "cannot be numbered"),
    ],
)  # fmt: skip
def test_a_damaged_file_is_kept_out_whole(
    settings: Settings, content: str | bytes, suffix: str, status: str, words: str
) -> None:
    source = contract(format=suffix)
    deliver(settings, orders(5), DAY - timedelta(days=1), suffix)
    deliver(settings, content if isinstance(content, bytes) else content.encode(), suffix=suffix)
    before, result = load(settings, source)
    assert before.status == "loaded", "the other file of the run is not affected"
    assert result.status == status
    assert words in (result.reason or "")
    assert result.rows_in == result.rows_loaded + result.rows_quarantined
    assert query(settings, f"select count(*) from raw.shop__orders where _business_on = date '{DAY}'") == [(0,)]
    with connect(settings) as con:
        assert [item.load_id for item in unresolved(con, as_of=DAY)] == [result.load_id]
    deliver(settings, orders(5, start=100), suffix=suffix)
    assert [item.status for item in load(settings, source)] == ["loaded"]
    with connect(settings) as con:
        assert unresolved(con, as_of=DAY) == []


def test_bad_rows_go_to_quarantine_with_their_place_and_text(settings: Settings) -> None:
    good = [f"{n},C,1.00,2017-01-01" for n in range(1, 1001)]
    good[9] = "x,C,1.00,2017-01-01"
    good[99] = ',"Ada, L.",1.00,2017-01-01'
    good[199] = "200,C,1.00"
    good[200] = "201,C,1.00,2017-01-01,more"
    good[299] = "300,C,1.00,2017-02-30"
    good[399] = "400.5,C,1.00,2017-01-01"
    good[499] = '500,"line\nend",n/a,2017-01-01'
    deliver(settings, lines(*good))
    (result,) = load(settings, contract(limits={"bad_row_share": 0.01}))
    assert (result.status, result.rows_in, result.rows_loaded, result.rows_quarantined) == ("loaded", 1000, 993, 7)
    with connect(settings) as con:
        found = [(row.row_number, row.rule, row.column_name) for row in quarantined(con, result.load_id)]
        payload = quarantined(con, result.load_id)[1].payload
        summary = {(item.rule, item.column_name, item.rows) for item in quarantine_summary(con)}
    assert found == [
        (10, "cast", "order_id"),
        (100, "not_null", "order_id"),
        (200, "missing_columns", "ordered_on"),
        (201, "too_many_columns", None),
        (300, "cast", "ordered_on"),
        (400, "cast", "order_id"),
        (500, "cast", "amount"),
    ]
    assert payload == '{"order_id":null,"customer":"Ada, L.","amount":"1.00","ordered_on":"2017-01-01"}'
    assert ("cast", "order_id", 2) in summary
    assert query(settings, "select count(*) from raw.shop__orders where _row_number <> order_id") == [(0,)]


def test_broken_rows_of_one_file_do_not_shift_the_numbers_of_others(settings: Settings) -> None:
    for position in range(4):
        rows = [f"{n},C{position},1.00,2017-01-01" for n in range(1, 301)]
        if position == 1:
            rows[9] = "10"
            rows[19] = "20,C,1.00,2017-01-01,more"
        deliver(settings, lines(*rows), DAY - timedelta(days=position))
    results = load(settings, contract())
    assert sorted(result.rows_loaded for result in results) == [298, 300, 300, 300]
    assert query(settings, "select count(*) from raw.shop__orders where _row_number <> order_id") == [(0,)]
    assert query(settings, "select row_number from quarantine.bad_rows order by all") == [(10,), (20,)]


def test_five_percent_bad_rows_hold_the_file_and_show_no_value(settings: Settings) -> None:
    rows = [f"{n},Ada Lovelace,{'secret' if n % 20 == 0 else '1.00'},2017-01-01" for n in range(1, 201)]
    deliver(settings, lines(*rows))
    (result,) = load(settings, contract())
    assert (result.status, result.rows_in, result.rows_loaded, result.rows_quarantined) == ("held", 200, 0, 200)
    assert result.reason == "10 of 200 rows are bad, more than 1.00%: cast in amount (10); the owner is team:shop"
    assert query(settings, "select count(*), count(distinct row_number) from quarantine.bad_rows") == [(10, 10)]
    assert query(settings, "select count(*) from raw.shop__orders") == [(0,)]


@pytest.mark.parametrize(
    ("column", "value", "rule"),
    [({"pattern": "[A-Z][a-z]+"}, "ada", "pattern"), ({"codes": ["Ada"]}, "Bob", "codes")],
)
def test_patterns_and_codes(settings: Settings, column: dict[str, object], value: str, rule: str) -> None:
    columns = [COLUMNS[0], {**COLUMNS[1], **column}, *COLUMNS[2:]]
    deliver(settings, lines("1,Ada,1.00,2017-01-01", "2,,1.00,2017-01-01", f"3,{value},1.00,2017-01-01"))
    (result,) = load(settings, contract(columns=columns, limits={"bad_row_share": 0.5}))
    assert (result.rows_loaded, result.rows_quarantined) == (2, 1)
    assert query(settings, "select rule, column_name, row_number from quarantine.bad_rows") == [(rule, "customer", 3)]


def test_text_that_is_not_in_its_encoding(settings: Settings) -> None:
    deliver(settings, lines("1,caf\xe9,1.00,2017-01-01", "2,B,1.00,2017-01-01").encode("latin-1"))
    (result,) = load(settings, contract(limits={"bad_row_share": 0.5}))
    assert (result.rows_loaded, result.rows_quarantined) == (1, 1)
    assert query(settings, "select rule from quarantine.bad_rows") == [("invalid_encoding",)]
    deliver(settings, lines("1,A,1.00,2017-01-01").encode() + b"2,\xff\xff,1.00,2017-01-01\n")
    (result,) = load(settings, contract(encoding="gb18030"))
    assert (result.status, result.reason) == ("rejected", "its text is not valid gb18030 at byte 58")


def test_jsonl_that_is_none(settings: Settings) -> None:
    source = contract(format="jsonl", file=r"orders_(?P<date>.{10})\.jsonl", limits={"bad_row_share": 0.9})
    lines = ('{"order_id":1}', "no json", "[2]", '{"order_id":"x"}', '{"order_id":5}', '{"order_id":6,"colour":"red"}',
             '{"Order_ID":7}')  # fmt: skip
    deliver(settings, "\n".join(lines), suffix="jsonl")
    (result,) = load(settings, source)
    assert (result.rows_in, result.rows_loaded) == (7, 2)
    found = query(settings, "select row_number, rule, column_name, payload from quarantine.bad_rows order by 1")
    assert found == [
        (2, "json", None, "no json"),
        (3, "json", None, "[2]"),
        (4, "cast", "order_id", '{"order_id":"x"}'),
        (6, "unknown_key", None, '{"order_id":6,"colour":"red"}'),
        (7, "unknown_key", None, '{"Order_ID":7}'),
    ]
    deliver(settings, '{"order_id":1,"colour":"red"}\n', DAY - timedelta(days=1), "jsonl")
    (result,) = load(settings, source)
    assert (result.status, result.reason) == (
        "held", "it has columns that the contract does not know: 'colour' (schema_mode hold); the owner is team:shop",
    )  # fmt: skip


def test_a_file_that_unpacks_to_too_much(settings: Settings) -> None:
    deliver(settings, orders(2000), suffix="csv.gz")
    (result,) = load(settings, contract(format="csv.gz", limits={"max_bytes": 10_000}))
    assert (result.status, "max_bytes" in (result.reason or "")) == ("rejected", True)


def test_a_bad_restatement_leaves_the_good_version_in_use(settings: Settings) -> None:
    deliver(settings, orders(5))
    (good,) = load(settings, contract())
    for text in ("a,b\n", "b,a\n"):
        deliver(settings, text)
        load(settings, contract())
    statuses = query(settings, "select status from ops.loads order by version")
    assert statuses == [("loaded",), ("superseded",), ("held",)]
    assert query(settings, "select distinct _load_id from raw.shop__orders") == [(good.load_id,)]


class Killed(BaseException):
    """Stands for the end of the process."""


@pytest.mark.parametrize(
    "step",
    [
        (loader, "_land"),
        (loader.ledger, "plan"),
        (loader.header, "read_layout"),
        (judging.Store, "_seen"),
        (store, "second_look"),
        (judging.Store, "quarantine_parted"),
        (judging.Store, "insert_good"),
        (judging, "_balance"),
        (ledger, "record"),
        (loader, "_take_from_inbox"),
    ],
    ids=lambda step: step[1],
)
def test_killed_at_any_step_a_rerun_equals_an_undisturbed_run(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch, step: tuple[object, str]
) -> None:
    # A quote leaves open which lines are rows: bad rows then pass through raw.
    is_quoted = step[1] == "insert_good"

    def deliveries_of(settings: Settings) -> None:
        deliver(settings, orders(50).replace("Customer 7,", '"Customer 7",') if is_quoted else orders(50))
        deliver(settings, orders(300, start=100).replace("Customer 150,150.50", "C,x"), DAY - timedelta(days=1))

    states = []
    for name in ("killed", "undisturbed"):
        home = Settings(home=tmp_path_factory.mktemp(name))
        deliveries_of(home)
        if name == "killed":
            owner, function = step
            real = getattr(owner, function)

            def dies(*arguments: object, real: object = real, **options: object) -> None:
                real(*arguments, **options)  # type: ignore[operator]
                raise Killed

            with monkeypatch.context() as patch, pytest.raises(Killed):
                patch.setattr(owner, function, dies)
                load(home, contract())
        load(home, contract())
        assert list((home.inbox / "shop").iterdir()) == []
        states.append(
            [
                query(home, "from raw.shop__orders order by all"),
                query(home, "from quarantine.bad_rows order by all"),
                query(home, "select * exclude (file_modified_at) from ops.loads order by all"),
                sorted(path.name for path in (home.landing / "shop").iterdir()),
            ]
        )
    assert states[0] == states[1]
    assert len(states[0][0]) == 349


FIELD = st.one_of(
    st.integers(-(10**6), 10**6).map(str),
    st.sampled_from(["", "x", "1.5", "2017-01-01", '"q,q"', '"a""b"', '"two\nlines"', "é"]),
)
RECORD = st.one_of(
    st.lists(FIELD, min_size=4, max_size=4),
    st.tuples(st.integers(1, 99).map(str), st.just("C"), st.just("1.00"), st.just("2017-01-01")).map(list),
    st.lists(FIELD, min_size=2, max_size=6),
)


@hypothesis_settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(records=st.lists(RECORD, max_size=12), share=st.sampled_from([0.0, 0.5, 1.0]))
def test_rows_in_are_rows_loaded_and_quarantined(
    tmp_path_factory: pytest.TempPathFactory, records: list[list[str]], share: float
) -> None:
    home = Settings(home=tmp_path_factory.mktemp("home"))
    deliver(home, lines(*(",".join(record) for record in records)))
    (result,) = load(home, contract(limits={"bad_row_share": share}))
    assert result.rows_in == result.rows_loaded + result.rows_quarantined
    stored = query(home, "select count(*), count(distinct _row_number) from raw.shop__orders")
    assert stored == [(result.rows_loaded, result.rows_loaded)]
    if result.status == "loaded":
        assert result.rows_in == len(records)
        places = query(
            home, "select _row_number from raw.shop__orders union all select row_number from quarantine.bad_rows"
        )
        assert sorted(place for (place,) in places) == list(range(1, len(records) + 1))
