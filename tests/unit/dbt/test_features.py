"""Features and labels know what was known at their cut-off, and the build stops when one knows more."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Final, NamedTuple

import pytest

from dagster_project.settings import Settings
from dagster_project.warehouse import connect
from tests.unit.dbt import operator
from tests.unit.dbt.lake import LINES, START, Lake, failed

DAYS: Final = 175
#: Days after the first whose files come late, and days of which another version comes later.
MISSING: Final = {63, 65, 66, 77}
CORRECTED: Final = {0, 40, 60, 70, 72, 80, 81, 90, 91, 99, 100, 110}
#: What features and labels are built from, and what checks them.
STREET: Final = ("--select", "+customer_features", "+churn_labels", "--exclude-resource-type", "unit_test")
_GRID: Final = date(1970, 1, 4)
#: Another value of every column of a type; days move back, to before the cut-off that must not see them.
_OTHER: Final = {
    "BIGINT": "{0} + 1", "INTEGER": "{0} + 1", "SMALLINT": "{0} + 1", "BOOLEAN": "not {0}",
    "DATE": "{0} - 40", "TIMESTAMP": "{0} - interval 40 day",
}  # fmt: skip


_HOUSEHOLDS: Final = "select 1 as campaign_id, n as household_id from range(1, (5 * $version)::bigint) as household (n)"
_REDEMPTION: Final = (
    "select 1 + hash($on::date, $version) % 9 as household_id, 7 as coupon_upc, 1 as campaign_id, "
    "$on::date as redemption_date"
)


def _retailer(first: date, last: date) -> Iterator[tuple[str, date, str]]:
    for number in range((last - first).days + 1):
        yield "pos__transactions", first + timedelta(days=number), LINES
    campaign = first + timedelta(days=60)
    yield "campaign__campaigns", campaign, "select 1 as campaign_id, $on::date + $version::integer as start_date"
    yield "campaign__campaign_households", campaign, _HOUSEHOLDS
    for number in range(70, (last - first).days, 20):
        yield "loyalty__coupon_redemptions", first + timedelta(days=number), _REDEMPTION


@dataclass(frozen=True)
class Company:
    """A pack, its first day, and what it delivers: raw table, business date, rows as a query."""

    pack: str
    start: date
    deliveries: Callable[[date, date], Iterator[tuple[str, date, str]]]

    @property
    def last(self) -> date:
        return self.start + timedelta(days=DAYS)

    @property
    def cutoff(self) -> date:
        """A cut-off of the grid in the middle of what is built."""
        return self.last - timedelta(days=(self.last - _GRID).days % 14 + 42)


COMPANIES: Final = (
    Company("retail", START, _retailer),
    Company("telecom", date(2025, 1, 1), operator.deliveries),
)


@pytest.fixture(scope="module", params=COMPANIES, ids=lambda company: company.pack)
def built(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Company, Lake]:
    """A company whose files came day by day, built on its last day."""
    company: Company = request.param
    home = tmp_path_factory.mktemp(company.pack) / "home"
    lake = Lake(Settings(home=home, pack=company.pack, start_on=company.start)).prepare()
    lake.deliver_all(
        (table, on, rows)
        for table, on, rows in company.deliveries(company.start, company.last)
        if (on - company.start).days not in MISSING
    )
    if company.pack == "telecom":
        with connect(lake.settings) as con:
            con.execute(operator.CROSSWALK)
    assert failed(lake.build(company.last, *STREET)) == []
    return company, lake


def _copy(lake: Lake, folder: Path, project_root: Path | None = None) -> Lake:
    shutil.copytree(lake.settings.home, folder / "home")
    old = lake.settings
    root = project_root or old.project_root
    return Lake(Settings(home=folder / "home", pack=old.pack, start_on=old.start_on, project_root=root))


def _hashes(lake: Lake, table: str = "customer_features", condition: str = "true") -> dict[date, int]:
    """Hash of every column of every row, by cut-off."""
    return dict(
        lake.fetch(
            f"select cutoff_on, sum(hash(t)) + count(*) from warehouse.ml.{table} as t "
            f"where {condition} group by all order by all"
        )
    )


def _alter_after(lake: Lake, on: date) -> None:
    """Another value in every column of every row that was delivered after the day, in every raw table."""
    with connect(lake.settings) as con:
        columns = con.execute(
            "select table_name, column_name, regexp_replace(data_type, '\\(.*', '') from duckdb_columns() "
            "where schema_name = 'raw' and column_name not like '\\_%' escape '\\'"
        ).fetchall()
        for table in {table for table, *_ in columns}:
            changes = [
                f'"{name}" = {_OTHER.get(kind, "{0} * 3 + 1" if kind in ("DECIMAL", "DOUBLE") else "{0}").format(name)}'
                for other, name, kind in columns
                if other == table
            ]
            con.execute(f"update raw.{table} set {', '.join(changes)} where _business_on > ?", [on])


@pytest.mark.slow
def test_what_comes_after_a_cut_off_changes_nothing_up_to_it(built: tuple[Company, Lake], tmp_path: Path) -> None:
    company, original = built
    before = _hashes(original)
    lake = _copy(original, tmp_path)
    _alter_after(lake, company.cutoff)
    assert failed(lake.build(company.last, *STREET, full_refresh=True)) == []
    after = _hashes(lake)
    assert company.cutoff in before
    assert {on: value for on, value in after.items() if on <= company.cutoff} == {
        on: value for on, value in before.items() if on <= company.cutoff
    }
    later = [on for on in before if on > company.cutoff]
    assert later
    assert all(before[on] != after[on] for on in later)


@pytest.mark.slow
def test_a_rebuild_after_corrections_gives_the_past_as_it_was(built: tuple[Company, Lake], tmp_path: Path) -> None:
    """Every table delivers an old day once more, with other contents; some days come late."""
    company, original = built
    before, labels = _hashes(original), _hashes(original, "churn_labels", "is_churned is not null")
    lake = _copy(original, tmp_path)
    again = company.last + timedelta(days=1)
    days = {"late": MISSING, "corrected": CORRECTED}
    old = {
        kind: [row for row in company.deliveries(company.start, company.last) if (row[1] - company.start).days in of]
        for kind, of in days.items()
    }
    assert {table for table, *_ in old["corrected"]} == {
        table for table, *_ in company.deliveries(company.start, company.last)
    }
    lake.deliver_all(old["late"], known_on=again)
    lake.deliver_all(old["corrected"], version=2, known_on=again)
    assert failed(lake.build(again, *STREET, full_refresh=True)) == []
    after = _hashes(lake)
    past = set(before) & set(after)
    assert company.cutoff in past
    assert {on: after[on] for on in past} == {on: before[on] for on in past}
    known = _hashes(lake, "churn_labels", "is_churned is not null")
    assert labels
    assert {on: known[on] for on in labels} == labels
    assert before[company.last] not in after.values()  # the new day knows the corrections


def _planted(folder: Path, name: str, changes: dict[str, str]) -> Path:
    """A copy of the project with one text of one file of dbt/ replaced."""
    root = folder / "project"
    for part in ("dbt", "expectations", "warehouse/ddl"):
        shutil.copytree(Settings().project_root / part, root / part)
    path = root / "dbt" / name
    text = path.read_text(encoding="utf-8")
    for old, new in changes.items():
        assert text.count(old) == 1, f"{name} does not hold this once: {old}"
        text = text.replace(old, new)
    path.write_text(text, encoding="utf-8")
    return root


_PLANTS: Final = {
    "a feature that knows the next fortnight": (
        "macros/features.sql",
        {
            "on {{ is_known_at('loads', 'cutoffs.cutoff_on') }}\n{% endmacro %}": (
                "on loads.known_from_on <= {{ add_days('cutoffs.cutoff_on', 14) }} and loads.known_to_on is null\n"
                "{% endmacro %}"
            )
        },
        "assert_features_know_nothing_after_their_cut_off",
    ),
    "a feature that hides what it knows": (
        "models/ml/order_features.sql",
        {
            "        {{ sum_within(28, 'order_count', 'bigint') }} as orders_28d,": (
                "        {{ sum_within(28, 'order_count', 'bigint') }} + (\n"
                "            select count(*) from orders where orders.customer_id = order_days.customer_id\n"
                "            and orders.business_on > order_days.cutoff_on\n        ) as orders_28d,"
            )
        },
        "assert_features_agree_with_a_recount",
    ),
    "a label that begins with the cut-off": (
        "models/intermediate/inputs/int_cutoffs_fingerprinted.sql",
        {"{{ add_days('cutoffs.cutoff_on', 1) }} as label_opens_on": "cutoffs.cutoff_on as label_opens_on"},
        "assert_labels_answer_features",
    ),
    "a label that looks back": (
        "models/ml/churn_labels.sql",
        {
            "on loads.business_on between cutoffs.label_opens_on and cutoffs.label_closes_on": (
                "on loads.business_on between {{ add_days('cutoffs.cutoff_on', -7) }} and cutoffs.label_closes_on"
            )
        },
        "assert_labels_answer_features",
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize("built", COMPANIES[1:], indirect=True, ids=lambda company: company.pack)
def test_rules_of_the_operator_hold_on_their_examples(built: tuple[Company, Lake]) -> None:
    """dbt's unit tests of the models that only the operator's pack has; the others run with those of the retailer."""
    company, lake = built
    before = ("fqn:tenure.staging", "fqn:tenure.conformed", "identity_exclusions", "--exclude-resource-type", "unit_test")
    assert failed(lake.build(company.last, "--select", *before)) == []
    only_there = ("fqn:tenure.intermediate.records", "fqn:tenure.intermediate.features")
    events = lake.build(company.last, "--select", *only_there)
    assert failed(events) == []
    tested = [event["data"]["node_info"] for event in events]
    tested = [node["node_path"] for node in tested if node["resource_type"] == "unit_test"]
    assert {path.split("/")[-2] for path in tested} == {"records", "features"}
    assert len(tested) >= 9


@pytest.mark.slow
@pytest.mark.parametrize("subject", ["orders", "campaign", "subscription", "usage", "billing", "service"])
def test_every_subject_has_something_to_leak(subject: str, built: tuple[Company, Lake]) -> None:
    """Else the tests above prove nothing. Web visits are left out: whose a login is says the identity step alone."""
    company, lake = built
    (sums,) = lake.fetch(f"select {_MEASURES[subject]} from warehouse.ml.customer_features")
    is_fed = company.pack == "telecom" or subject in ("orders", "campaign")
    assert all(value > 0 if is_fed else value is None for value in sums)


_MEASURES: Final = {
    "orders": "sum(orders_182d), sum(sales_91d)",
    "campaign": "sum(campaigns_91d), sum(redemptions_91d)",
    "subscription": "sum(lines), sum(monthly_fee), sum(lines_ended_91d), sum(contract_days_left)",
    "usage": "sum(call_seconds_91d), sum(messages_91d), sum(data_bytes_91d), sum(roaming_events_91d)",
    "billing": "sum(billed_91d), sum(credit_notes_182d), sum(overdue_amount), sum(days_to_pay_182d)",
    "service": "sum(contacts_in_91d), sum(complaints_182d), sum(open_cases), sum(satisfaction_182d)",
}


@pytest.mark.slow
@pytest.mark.parametrize("built", COMPANIES[:1], indirect=True, ids=lambda company: company.pack)
@pytest.mark.parametrize("plant", _PLANTS)
def test_a_planted_leak_stops_the_build(plant: str, built: tuple[Company, Lake], tmp_path: Path) -> None:
    company, original = built
    name, changes, check = _PLANTS[plant]
    lake = _copy(original, tmp_path, _planted(tmp_path, name, changes))
    events = lake.build(
        company.last, "--select", "int_cutoffs_fingerprinted", "order_features", "customer_features", "churn_labels",
        "--exclude-resource-type", "unit_test", full_refresh=True,
    )  # fmt: skip
    assert check in {text.partition(":")[0] for text in failed(events)}


class Order(NamedTuple):
    """One order as a feature sees it; amounts in USD."""

    customer: int
    on: date
    store: str | None
    sales: float
    discount: float
    coupon: float
    units: int


@pytest.mark.slow
def test_order_features_are_those_of_their_definition(built: tuple[Company, Lake]) -> None:
    """Every figure of every row again, from the orders known at its cut-off, in plain Python."""
    _, lake = built
    orders = [
        Order(*row)
        for row in lake.fetch(
            "select customer_id, business_on, store_id, sales_amount::double, discount_amount::double, "
            "coupon_discount_amount::double, unit_count from warehouse.marts.fct_orders"
        )
    ]
    rows = lake.fetch(
        "select customer_id, cutoff_on, recency_days, tenure_days, orders_28d, orders_182d, sales_91d, units_91d, "
        "active_days_91d, mean_gap_days, orders_change, discount_share_91d, coupon_share_91d, stores_91d, "
        "basket_sales_91d from warehouse.ml.customer_features where recency_days is not null"
    )
    assert len(rows) > 50
    for customer, cutoff, *found in rows:
        known = [order for order in orders if order.customer == customer and order.on <= cutoff]
        assert found == pytest.approx(_features(known, cutoff)), (customer, cutoff)


def _features(orders: list[Order], cutoff: date) -> list[float | None]:
    """The features of one customer in the order of the query above."""

    def within(days: int) -> list[Order]:
        return [order for order in orders if (cutoff - order.on).days < days]

    recent = within(91)
    sales, discounts = sum(order.sales for order in recent), sum(order.discount for order in recent)
    order_days = sorted({order.on for order in within(182)})
    gaps = [(late - early).days for early, late in pairwise(order_days)]
    return [
        min((cutoff - order.on).days for order in orders),
        max((cutoff - order.on).days for order in orders),
        len(within(28)),
        len(within(182)),
        sales,
        sum(order.units for order in recent),
        len({order.on for order in recent}),
        sum(gaps) / len(gaps) if gaps else None,
        len(within(28)) - (len(within(56)) - len(within(28))),
        discounts / (sales + discounts) if recent else None,
        sum(order.coupon > 0 for order in recent) / len(recent) if recent else None,
        len({order.store for order in recent} - {None}),
        sales / len(recent) if recent else None,
    ]
