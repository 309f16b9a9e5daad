"""The view of a customer on both packs: nobody twice, nobody lost, no cent off, and what is detected against truth."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Final

import duckdb
import pytest

from dagster_project import launch
from dagster_project.commands.query_group import _vocabulary
from dagster_project.publish.groups import group_sql
from dagster_project.publish.query import run_query
from dagster_project.settings import Settings
from dagster_project.warehouse import connect, quote
from tests.integration.conftest import OPERATOR
from tests.integration.test_street import BEFORE

pytestmark = pytest.mark.slow
#: One row a customer each.
SUBJECTS: Final = (
    "customer_360", "customer_profile", "customer_holdings", "customer_usage_summary", "customer_spend",
    "customer_service", "customer_contacts", "customer_web", "customer_consent_state", "bridge_household_members",
    "customer_standing",
)  # fmt: skip
TELECOM_ONLY: Final = ("dim_users", "dim_accounts", "bridge_customer_accounts", "bridge_account_users",
                       "customer_products", "customer_holdings", "customer_usage_months", "dim_prospects")  # fmt: skip


@pytest.fixture(scope="module")
def telecom(operator: tuple[Settings, launch.RunSummary]) -> Settings:
    return operator[0]


@contextmanager
def build(settings: Settings) -> Iterator[duckdb.DuckDBPyConnection]:
    """The build, with the truth of the simulator as schema `truth` where there is one."""
    with connect(settings, read_only=True) as con:
        con.execute("attach ':memory:' as aside; create schema aside.truth")
        for path in settings.truth.glob("*.parquet"):
            con.execute(f"create view aside.truth.{path.stem} as from read_parquet({quote(path)})")
        yield con


def ask(settings: Settings, sql: str) -> list[tuple]:
    with build(settings) as con:
        return con.execute(sql).fetchall()


@pytest.mark.parametrize("table", SUBJECTS)
def test_a_customer_has_one_row_in_each_subject(either: Settings, table: str) -> None:
    rows = ask(either, f"select count(*), count(distinct customer_id) from warehouse.marts.{table}")
    strangers = ask(
        either,
        f"select customer_id from warehouse.marts.{table} anti join warehouse.marts.dim_customers using (customer_id)",
    )
    assert (rows[0][0], strangers) == (rows[0][1], [])


def test_the_view_holds_every_customer(either: Settings) -> None:
    [(view, customers)] = ask(
        either,
        "select (select count(*) from warehouse.marts.customer_360),"
        " (select count(*) from warehouse.marts.dim_customers)",
    )
    assert view == customers > 0


def test_profit_and_tier_of_the_view_are_those_of_profit_and_loss(either: Settings) -> None:
    [(view, ledger)] = ask(
        either,
        "select (select sum(net_profit_amount_12m) from warehouse.marts.customer_360),"
        " (select sum(net_profit_amount) from warehouse.marts.customer_profit_loss"
        "  where is_closed and not is_unallocated and month_on >= ("
        "   select max(month_on) - interval 11 month from warehouse.marts.customer_profit_loss where is_closed))",
    )
    assert view == ledger is not None
    wrong = ask(
        either,
        "select v.customer_id from warehouse.marts.customer_360 as v left join (select customer_id,"
        " max_by(tier, month_on) as latest from warehouse.marts.customer_tiers group by all) using (customer_id)"
        " where v.tier is distinct from latest",
    )
    assert wrong == []


def test_purchases_of_the_retailer_are_those_on_the_tills(finished: Settings) -> None:
    [(raw, view)] = ask(
        finished,
        "select (select sum(sales_value) from raw.pos__transactions),"
        " (select sum(sales_amount) from warehouse.marts.customer_360)",
    )
    assert raw == view


def test_what_a_pack_has_no_source_for_is_empty(finished: Settings) -> None:
    filled = [
        table for table in TELECOM_ONLY if ask(finished, f"select count(*) from warehouse.marts.{table}") != [(0,)]
    ]
    assert filled == []
    # A record of the retailer stands for a household.
    assert ask(finished, "select distinct evidence from warehouse.marts.dim_households") == [("declared",)]


def test_bills_lines_and_fees_of_the_operator_are_those_delivered(telecom: Settings) -> None:
    latest = """
        select * from raw.ibss__subscriptions
        qualify row_number() over (
            partition by line_no, effective_on order by _business_on desc, _row_number desc
        ) = 1
    """
    day = f"date '{OPERATOR.as_of}'"
    [(billed, lines, active, fees)] = ask(
        telecom,
        f"""
        with periods as ({latest})
        select (select sum(gross_amount) from raw.billing__invoices), count(distinct line_no),
            count(distinct line_no) filter (expires_on is null or expires_on >= {day}),
            sum(monthly_fee) filter (expires_on is null or expires_on >= {day})
        from periods
        """,
    )
    view = ask(
        telecom,
        "select sum(invoiced_amount), sum(line_count), sum(active_line_count), sum(monthly_fee_amount)"
        " from warehouse.marts.customer_360",
    )
    assert view == [(billed, lines, active, fees)]


def test_usage_of_the_operator_is_that_of_the_records(telecom: Settings) -> None:
    records = ask(telecom, "select sum(event_count), sum(charge), sum(volume_bytes) from raw.mediation__usage")
    months = ask(
        telecom,
        "select sum(event_count), sum(charge_amount), sum(volume_bytes) from warehouse.marts.customer_usage_months",
    )
    assert months == records


def test_households_are_those_of_the_truth(telecom: Settings) -> None:
    [(right, wrong, missed)] = ask(
        telecom,
        """
        with members as (
            select distinct bridge.household_id, person.household_id as true_id, bridge.customer_id
            from warehouse.marts.bridge_household_members as bridge
            join intermediate.int_profiles_identified as record using (customer_id)
            join aside.truth.person_keys as key on key.key_type = 'customer' and key.source_key = record.customer_key
            join aside.truth.persons as person using (person_id)
        )
        select count_if(a.household_id = b.household_id and a.true_id = b.true_id),
            count_if(a.household_id = b.household_id and a.true_id <> b.true_id),
            count_if(a.household_id <> b.household_id and a.true_id = b.true_id)
        from members as a join members as b on a.customer_id < b.customer_id
        """,
    )
    assert right > 100
    assert (wrong / (right + wrong) <= 0.01, missed / (right + missed) <= 0.05) == (True, True)


def test_workplaces_are_mostly_one_group_of_the_truth(telecom: Settings) -> None:
    [(groups, share)] = ask(
        telecom,
        """
        with members as (
            select bridge.group_id, person.group_id as true_id, count(distinct bridge.customer_id) as members
            from warehouse.marts.bridge_group_members as bridge
            join intermediate.int_profiles_identified as record using (customer_id)
            join aside.truth.person_keys as key on key.key_type = 'customer' and key.source_key = record.customer_key
            join aside.truth.persons as person using (person_id)
            where bridge.evidence = 'workplace'
            group by all
        ),
        groups as (
            select group_id, max(members) filter (true_id is not null) as largest, sum(members) as members
            from members group by group_id
        )
        select count(*), sum(largest) / sum(members) from groups
        """,
    )
    assert (groups >= 5, share >= 0.6) == (True, True)


def test_places_are_those_of_the_truth(telecom: Settings) -> None:
    found = ask(
        telecom,
        """
        with seen as (
            select user_id from warehouse.marts.customer_places group by user_id having sum(sighting_count) >= 20
        )
        select truth.place,
            count(*) filter (
                found.place_type = truth.place or (truth.place = 'hangout' and found.place_type is not null)
            ) / count(*) as share,
            count(*)
        from aside.truth.line_places as truth
        join seen on seen.user_id = 'ibss:' || truth.subscription_key
        left join warehouse.marts.customer_places as found
            on found.user_id = seen.user_id and found.cell_key = truth.cell_key
        group by truth.place order by truth.place
        """,
    )
    shares = {place: share for place, share, rows in found if rows > 100}
    assert set(shares) == {"home", "work", "hangout"}
    assert (shares["home"] >= 0.9, shares["work"] >= 0.9, shares["hangout"] >= 0.9) == (True, True, True)


def test_the_timeline_leaves_no_system_out(telecom: Settings) -> None:
    parts = {
        "usage_month": "select count(*) from warehouse.marts.customer_usage_months",
        "invoice": "select count(*) from raw.billing__invoices",
        "payment": "select count(*) from intermediate.int_payments_identified where customer_id is not null",
        "order": "select count(distinct order_no) from raw.ibss__orders",
        "consent": "select count(*) from raw.privacy__consents",
        "product_started": "select count(*) from conformed.subscriptions",
        "complaint": "select count(*) from intermediate.int_interactions_identified"
        " where customer_id is not null and interaction_type = 'complaint'",
        "joined": "select count(*) from warehouse.marts.customer_360",
    }
    wanted = {event: ask(telecom, sql)[0][0] for event, sql in parts.items()}
    counts = dict(ask(telecom, "select event_type, count(*) from warehouse.marts.customer_timeline group by 1"))
    assert {event: counts.get(event) for event in parts} == wanted
    twice = ask(
        telecom,
        "select 1 from warehouse.marts.customer_timeline"
        " group by customer_id, event_type, source_system, event_key having count(*) > 1",
    )
    assert twice == []


def test_who_leaves_has_a_trail_of_the_last_days(telecom: Settings) -> None:
    [(leavers, trails)] = ask(
        telecom,
        """
        with leavers as (
            select customer_id, occurred_on as left_on from warehouse.marts.customer_timeline where event_type = 'left'
        )
        select count(distinct customer_id), count(distinct events.customer_id)
        from leavers
        left join warehouse.marts.customer_timeline as events
            on events.customer_id = leavers.customer_id and events.event_type <> 'left'
            and events.occurred_on between leavers.left_on - 90 and leavers.left_on
        """.replace("count(distinct customer_id)", "count(distinct leavers.customer_id)"),
    )
    assert leavers == trails > 10


def test_tags_are_those_of_the_rules_on_raw(telecom: Settings) -> None:
    since = OPERATOR.as_of - timedelta(days=29)
    consents = ask(
        telecom,
        """
        select 'marketing_' || if(decision = 'granted', 'ok', 'refused'), count(*) from (
            from raw.privacy__consents where purpose = 'marketing'
            qualify row_number() over (partition by customer_no order by decided_at desc, consent_id desc) = 1
        ) group by 1 order by 1
        """,
    )
    current = "select tag, count(*) from warehouse.marts.customer_tags where is_current"
    records = ask(telecom, "select count(*), count(distinct customer_id) from intermediate.int_profiles_identified")
    tagged = ask(telecom, f"{current} and tag in ('marketing_ok', 'marketing_refused') group by 1 order by 1")
    if records[0][0] == records[0][1]:
        assert tagged == consents
    else:
        # Records of one person decide together.
        assert sum(count for _, count in tagged) <= sum(count for _, count in consents)
    complained = ask(
        telecom,
        "select count(distinct customer_id) from intermediate.int_interactions_identified"
        f" where interaction_type = 'complaint' and cast(opened_at as date) between date '{since}'"
        f" and date '{OPERATOR.as_of}'",
    )
    assert ask(telecom, f"{current} and tag = 'complaint_30d' group by 1") == [("complaint_30d", *complained[0])]
    abroad = ask(
        telecom,
        "select count(distinct customer_id) from raw.mediation__usage as usage"
        " join warehouse.marts.dim_users as line on line.subscription_key = usage.line_key::varchar"
        " where is_roaming and duration_seconds > 0 and customer_id is not null",
    )
    assert ask(telecom, f"{current} and tag = 'traveller' group by 1") == [("traveller", *abroad[0])]


def test_tags_of_the_retailer_are_those_of_the_rules_on_raw(finished: Settings) -> None:
    since = BEFORE - timedelta(days=27)
    bought = ask(
        finished,
        "select count(distinct household_id) from raw.pos__transactions"
        f" where trading_date between date '{since}' and date '{BEFORE}'",
    )
    tagged = ask(
        finished, "select count(*) from warehouse.marts.customer_tags where is_current and tag = 'recent_buyer'"
    )
    assert tagged == bought


def test_a_tag_holds_in_one_time_at_a_time(either: Settings) -> None:
    overlapping = ask(
        either,
        """
        select tag from warehouse.marts.customer_tags as a
        join warehouse.marts.customer_tags as b using (customer_id, tag)
        where a.tag_value is not distinct from b.tag_value and a.from_on < b.from_on
            and (a.to_on is null or a.to_on >= b.from_on)
        """,
    )
    assert overlapping == []


def test_values_of_a_product_sum_to_its_base(either: Settings) -> None:
    wrong = ask(
        either,
        """
        select product_key, attribute from warehouse.marts.product_demographics
        group by product_scope, product_key, attribute
        having sum(customer_count) <> max(base_customer_count)
        """,
    )
    bases = ask(either, "select count(distinct product_key) from warehouse.marts.product_demographics")
    assert (wrong, bases[0][0] > 1) == ([], True)


def test_holders_of_a_product_are_those_of_raw(telecom: Settings) -> None:
    wrong = ask(
        telecom,
        f"""
        with holders as (
            select plan_no as product_key, count(distinct record.customer_id) as holders
            from (
                from raw.ibss__subscriptions qualify row_number() over (
                    partition by line_no, effective_on order by _business_on desc, _row_number desc
                ) = 1
            ) as period
            join intermediate.int_profiles_identified as record
                on record.source_system = 'ibss' and record.customer_key = period.customer_no::varchar
            where expires_on is null or expires_on >= date '{OPERATOR.as_of}'
            group by 1
        )
        select product_key, holders, base_customer_count
        from holders full join (
            select distinct product_key, base_customer_count from warehouse.marts.product_demographics
            where product_scope = 'product'
        ) using (product_key)
        where holders is distinct from base_customer_count
        """,
    )
    assert wrong == []


def test_a_prospect_is_no_customer(telecom: Settings) -> None:
    prospects = ask(telecom, "select count(*) from raw.directory__prospects")
    assert ask(telecom, "select count(*) from warehouse.marts.dim_prospects") == prospects
    wrong = ask(
        telecom,
        "select prospect_key from warehouse.marts.dim_prospects"
        " where is_converted and customer_id not in (select customer_id from warehouse.marts.customer_360)",
    )
    assert wrong == []


def test_the_catalogue_lists_every_attribute_with_its_measured_fill(either: Settings) -> None:
    columns = [name for name, *_ in ask(either, "describe warehouse.marts.customer_360")]
    counted = ask(either, f"select {', '.join(f'count({name})' for name in columns)} from warehouse.marts.customer_360")
    listed = dict(ask(either, "select attribute, filled_count from warehouse.marts.attribute_catalog"))
    assert listed == dict(zip(columns, counted[0], strict=True))


def test_no_name_number_or_address_is_published(telecom: Settings) -> None:
    with build(telecom) as con:
        con.execute(
            """
            create table aside.personal as
            select unnest([full_name, id_number, contact_phone, email, address]) as secret from raw.ibss__customers
            union select phone_no from raw.ibss__subscriptions
            union select name_given from raw.directory__prospects
            union select phone_no from raw.directory__prospects
            union select complaint_text from raw.hotline__complaints
            """
        )
        con.execute(f"attach {quote(telecom.release_file)} as release (read_only)")
        columns = con.execute(
            "select schema_name || '.' || table_name, column_name from duckdb_columns()"
            " where database_name = 'release' and schema_name = 'marts' and data_type = 'VARCHAR'"
        ).fetchall()
        shown = [
            f"{table}.{column}"
            for table, column in columns
            if con.execute(
                f"select 1 from release.{table} where {column} in (select secret from aside.personal) limit 1"
            ).fetchall()
        ]
    assert len(columns) > 50
    assert shown == []


@pytest.mark.parametrize(
    ("expression", "condition"),
    [
        ("tag:traveller and not tag:complaint_30d", "'traveller' in tags and not 'complaint_30d' in tags"),
        ("not (tag:young or tag:senior) and age_band >= 35-44",
         "not 'young' in tags and not 'senior' in tags and age_band in ('35-44', '45-54', '55-64', '65+')"),
        ("complaint_count_91d >= 1 or (tag:multi_line and monthly_fee_amount > 100)",
         "coalesce(complaint_count_91d >= 1, false) or ('multi_line' in tags and monthly_fee_amount > 100)"),
        ("tier >= gold and not is_loss_making = true",
         "tier in ('gold', 'diamond') and not coalesce(is_loss_making, false)"),
        ("joined_on >= 2026-01-01 and last_topic is null", "joined_on >= date '2026-01-01' and last_topic is null"),
    ],
)  # fmt: skip
def test_a_group_is_who_the_words_say(telecom: Settings, expression: str, condition: str) -> None:
    answer = [number for (number,) in run_query(telecom, group_sql(expression, _vocabulary(telecom))).rows]
    wanted = ask(
        telecom,
        f"""
        with tagged as (
            select view.*, coalesce(list(tag) filter (is_current), []) as tags
            from warehouse.marts.customer_360 as view
            left join warehouse.marts.customer_tags using (customer_id)
            group by all
        )
        select customer_id from tagged where {condition} order by 1
        """,
    )
    assert answer == [number for (number,) in wanted]
    assert answer


def test_a_day_of_the_past_keeps_its_tags(finished: Settings) -> None:
    """What held on a day of the past is told by the rules on that day, whatever came later."""
    day = BEFORE - timedelta(days=100)
    told = ask(
        finished,
        f"""
        select count(distinct customer_id) from warehouse.marts.customer_tags
        where tag = 'recent_buyer' and from_on <= date '{day}' and (to_on is null or to_on >= date '{day}')
        """,
    )
    bought = ask(
        finished,
        "select count(distinct household_id) from raw.pos__transactions"
        f" where trading_date between date '{day - timedelta(days=27)}' and date '{day}'",
    )
    assert told == bought
