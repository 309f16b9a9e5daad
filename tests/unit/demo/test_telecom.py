"""The simulated operator: the same bytes each time, people who cannot exist, and a truth that holds exactly."""

from __future__ import annotations

import csv
import gzip
import hashlib
import json
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import duckdb
import pytest

from dagster_project.demo.telecom.delivery import build, write_telecom_inbox
from dagster_project.demo.telecom.options import TelecomOptions
from dagster_project.demo.telecom.tariff_check import CHARGES
from dagster_project.demo.telecom.truth import rate_usage
from dagster_project.demo.telecom.world import open_world
from dagster_project.errors import ConfigurationError
from dagster_project.settings import Settings

SMALL: Final = TelecomOptions(customers=300, months=3, as_of=date(2026, 6, 30))


def digests(settings: Settings) -> dict[str, str]:
    paths = [path for folder in (settings.inbox, settings.truth) for path in sorted(folder.rglob("*"))]
    return {
        str(path.relative_to(settings.home)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in paths
        if path.is_file()
    }


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    settings = Settings(home=(tmp_path_factory.mktemp("operator") / "home").resolve(), pack="telecom")
    write_telecom_inbox(settings, SMALL)
    return settings


def truth(settings: Settings, table: str) -> str:
    return f"read_parquet('{settings.truth / table}.parquet')"


def rows(query: str) -> list[tuple[Any, ...]]:
    return duckdb.execute(query).fetchall()


def ibss(settings: Settings, extract: str) -> Iterator[dict[str, str]]:
    for path in sorted((settings.inbox / "ibss").glob(f"{extract}_2*.csv")):
        with path.open(encoding="gb18030", newline="") as file:
            yield from csv.DictReader(file)


# ---- the same bytes ------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_the_same_options_give_the_same_bytes_and_another_seed_gives_others(home: Settings, tmp_path: Path) -> None:
    again = Settings(home=tmp_path.resolve() / "again", pack="telecom", threads=1)
    write_telecom_inbox(again, SMALL)
    assert digests(again) == digests(home)
    other = Settings(home=tmp_path.resolve() / "other", pack="telecom")
    write_telecom_inbox(other, TelecomOptions(customers=300, months=3, seed=2, as_of=SMALL.as_of))
    same = set(digests(other).items()) & set(digests(home).items())
    # Catalogues, units and tariffs are the same in every operator; people and what they do are not.
    assert not [name for name, _ in same if "customers" in name or "persons" in name or "invoices_" in name]


def test_a_second_delivery_writes_nothing(home: Settings) -> None:
    before = digests(home)
    repeated = write_telecom_inbox(home, SMALL)
    assert repeated.files_written == 0
    assert repeated.files_kept > 0
    assert digests(home) == before


def test_a_missing_file_is_written_again_with_the_same_bytes(home: Settings) -> None:
    before = digests(home)
    next((home.inbox / "ibss").glob("accounts_*.csv")).unlink()
    assert write_telecom_inbox(home, SMALL).files_written == 1
    assert digests(home) == before


def test_streams_of_chance_are_independent_of_each_other(tmp_path: Path) -> None:
    with open_world(Settings(home=tmp_path), SMALL) as world:
        both = "select corr(u('a', k), u('b', k)), avg(u('a', k)), stddev(z('a', k)) from range(100000) as t(k)"
        correlation, mean, deviation = world.con.execute(both).fetchall()[0]
        assert abs(correlation) < 0.02
        assert mean == pytest.approx(0.5, abs=0.01)
        assert deviation == pytest.approx(1, abs=0.02)
        assert world.rng("a").random() == world.rng("a").random() != world.rng("b").random()


def test_rows_without_an_order_are_refused(tmp_path: Path) -> None:
    with open_world(Settings(home=tmp_path), SMALL) as world, pytest.raises(ValueError, match="order by"):
        world.plant("anything", "select 1 as one")


@pytest.mark.parametrize(("name", "value"), [("customers", 5), ("months", 1), ("seed", -1)])
def test_options_out_of_range_are_told(name: str, value: int) -> None:
    with pytest.raises(ConfigurationError, match=name):
        TelecomOptions(**{name: value})


# ---- nobody is meant -----------------------------------------------------------------------------------------


def test_phones_and_papers_cannot_be_anyones(home: Settings) -> None:
    people = rows(f"select id_number, email from {truth(home, 'persons')}")
    assert all(number.startswith("99") and number.endswith("Z") and len(number) == 18 for number, _ in people)
    assert all(email.endswith(".example") for _, email in people)
    assert len({number for number, _ in people}) == len(people)
    phones = {row["业务号码"] for row in ibss(home, "subscriptions")}
    assert phones
    assert all(phone.startswith("129") and len(phone) == 11 for phone in phones)


# ---- the truth holds -----------------------------------------------------------------------------------------


def test_every_customer_record_belongs_to_a_person_and_traps_are_there(home: Settings) -> None:
    recorded = {row["客户编号"] for row in ibss(home, "customers")}
    known = f"select source_key from {truth(home, 'person_keys')} where key_type = 'customer'"
    assert recorded == {key for (key,) in rows(known)}
    traps = {trap for (trap,) in rows(f"select distinct trap from {truth(home, 'person_keys')}")}
    assert {"none", "household"} <= traps


def test_who_left_has_one_cause_of_the_stewards_list_and_it_began_before(home: Settings) -> None:
    with (home.dbt_project / "seeds" / "churn_causes.csv").open(encoding="utf-8", newline="") as file:
        leaves = {row["cause_code"] for row in csv.DictReader(file)}
    assert len(leaves) == 22
    left = rows(f"select churn_cause, churn_onset_on, left_on, destination from {truth(home, 'churn')}")
    assert left
    assert all(cause in leaves and onset <= end and where for cause, onset, end, where in left)


def test_the_best_plan_is_the_cheapest_of_all_tried_one_by_one(home: Settings) -> None:
    """Re-rated here in Python with exact numbers, for every line and plan."""
    columns = ("local_on_net_seconds", "local_off_net_seconds", "long_seconds", "sms_count", "data_bytes",
               "roaming_seconds")  # fmt: skip
    used = rows(f"select subscription_key, {', '.join(columns)} from {truth(home, 'usage_billed')} order by 1")
    plans = rows(
        "select plan_key, monthly_fee, included_local_minutes, included_long_minutes, included_sms, included_mb,"
        " price_local_on_net, price_local_off_net, price_long, price_sms, price_mb, price_roaming_minute"
        f" from {truth(home, 'tariff_book')} where operator = 'own'"
    )
    terms = {plan: numbers for plan, *numbers in plans}
    best = rows(f"select subscription_key, best_plan_key, best_amount, months from {truth(home, 'best_plans')}")
    assert best
    months: dict[int, list[tuple[int, ...]]] = {}
    for line, *totals in used:
        months.setdefault(line, []).append(tuple(totals))
    for line, plan, amount, count in best[:60]:
        # A month without any use costs the fee.
        usages = months.get(line, []) + [(0,) * 6] * (count - len(months.get(line, [])))
        costs = {
            key: sum((_cost(numbers, usage) for usage in usages), Decimal(0))
            for key, numbers in terms.items()
            if key not in {"DAT25", "CAMP19", "SEN16", "OLD48", "OLD68"}
        }
        assert costs[plan] == pytest.approx(amount, abs=Decimal("0.03"))
        assert min(costs.values()) == pytest.approx(costs[plan], abs=Decimal("0.06"))


def _cost(terms: list[Any], used: tuple[int, ...]) -> Decimal:
    fee, local, long, sms, mb, on_price, off_price, long_price, sms_price, mb_price, roaming_price = map(Decimal, terms)
    on, off, far, messages, data, abroad = map(Decimal, used)
    beyond = max(Decimal(0), on + off - 60 * local) / max(Decimal(1), on + off)
    parts = (
        beyond * (on * on_price + off * off_price) / 60,
        max(Decimal(0), far / 60 - long) * long_price,
        max(Decimal(0), messages - sms) * sms_price,
        max(Decimal(0), data / 1048576 - mb) * mb_price,
        abroad / 60 * roaming_price,
    )
    assert len(parts) == len(CHARGES)
    return fee + sum((part.quantize(Decimal("0.01")) for part in parts), Decimal(0))


def test_invoices_are_the_sum_of_their_lines_and_the_control_files_agree(home: Settings) -> None:
    folder = home.inbox / "billing"
    invoices = sorted(folder.glob("invoices_*.csv.gz"))
    assert invoices
    for path in invoices:
        lines = path.with_name(path.name.replace("invoices_", "invoice_lines_"))
        totals: dict[str, Decimal] = {}
        for row in _read_gz(lines):
            totals[row["invoice_key"]] = totals.get(row["invoice_key"], Decimal(0)) + Decimal(row["gross_amount"])
        delivered = {row["invoice_key"]: row for row in _read_gz(path)}
        assert totals == {key: Decimal(row["gross_amount"]) for key, row in delivered.items()}
        assert all(
            Decimal(row["net_amount"]) + Decimal(row["tax_amount"]) == Decimal(row["gross_amount"])
            for row in delivered.values()
        )
        control = json.loads(path.with_name(f"{path.name}.control.json").read_text(encoding="utf-8"))
        assert control == {"rows": len(delivered), "gross_amount": str(sum(totals.values(), Decimal(0)))}


def _read_gz(path: Path) -> list[dict[str, str]]:
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize("seed", [1, 2])
def test_exactly_the_two_personas_that_are_said_to_lose_money_do(seed: int, tmp_path: Path) -> None:
    settings = Settings(home=tmp_path, pack="telecom")
    with open_world(settings, TelecomOptions(customers=4000, months=6, seed=seed)) as world:
        build(world, lambda _: None)
        rate_usage(world)
    margins = dict(
        rows(
            f"select persona, sum(margin_amount) / sum(months) from {truth(settings, 'line_margins')}"
            " where line_type = 'first' group by persona"
        )
    )
    labelled = {p for (p,) in rows(f"select distinct persona from {truth(settings, 'persons')} where is_loss_making")}
    assert labelled == {"butterfly", "occasional"}
    assert {persona for persona, margin in margins.items() if margin < 0} == labelled
    assert len(margins) == 7


def test_the_statistics_are_one_page_that_says_simulated_and_needs_no_network(home: Settings) -> None:
    page = (home.reports / "simulated-operator.html").read_text(encoding="utf-8")
    assert "Everything here is simulated" in page
    assert page.count("<img ") == page.count("(simulated)</h2>") == 16
    assert "<script" not in page
    assert "http://" not in page
    assert "https://" not in page
