"""The directory service (114 style): who asked for which business, and who asked about becoming a customer.

Habits: csv in UTF-16 with semicolons, header names with blanks, days first in dates, decimal commas, times by the
operator's clocks. It knows people by their number or by the name they gave, never by a customer number. Simulated;
the truth `prospects` says who they are, and who became a customer.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Final

from dagster_project.demo.telecom.drawing import literal, one_of, weighted
from dagster_project.demo.telecom.names import STREETS

if TYPE_CHECKING:
    from dagster_project.demo.telecom.sending import Sender
    from dagster_project.demo.telecom.world import World

#: Days of single files; what is older comes as one file a month.
_DAILY: Final = 31
#: Share of the new customers who asked before, and of other adults who ask and stay where they are.
_ASKED_BEFORE, _ASKED_IN_VAIN = 0.45, 0.06
#: Look-ups of a line in a month, and share of callers who withhold their number.
_LOOKUPS_A_MONTH, _WITHHELD = 0.12, 0.07
#: Business and how it is asked for. Shares are our assumption.
_BUSINESSES: Final = {
    "restaurant": ("面馆", 0.22), "clinic": ("诊所", 0.14), "repair": ("家电维修部", 0.16), "taxi": ("出租车行", 0.12),
    "florist": ("花店", 0.06), "school": ("小学", 0.08), "hotel": ("旅馆", 0.10), "parcel": ("快递点", 0.12),
}  # fmt: skip
_RESULTS: Final = {"connected": 0.62, "number given": 0.27, "not found": 0.11}
_INTERESTS: Final = {"mobile plan": 0.5, "broadband": 0.24, "family plan": 0.16, "business line": 0.10}

_SENT_ON: Final = (
    f"case when day_on > as_of() - {_DAILY} then day_on else least(last_day(day_on), as_of() - {_DAILY}) end"
)

_PROSPECT_FILE: Final = """
    select prospect_key as "Prospect No", given_name as "Name Given", phone as "Phone No", district as "District",
        strftime(day_on, '%d.%m.%Y') as "First Enquiry", interest as "Interested In",
        replace(printf('%.2f', monthly_spend), '.', ',') as "Monthly Spend, CNY"
    from directory_prospects where sent_on = $sent_on order by prospect_key
"""
_LOOKUP_FILE: Final = """
    select lookup_key as "Query No", strftime(asked_at, '%d.%m.%Y %H:%M:%S') as "Asked At", phone as "Caller No",
        asked_for as "Asked For", category as "Category", result as "Result", seconds as "Seconds",
        replace(printf('%.2f', fee), '.', ',') as "Fee, CNY"
    from directory_lookups where sent_on = $sent_on order by lookup_key
"""


def write(world: World, out: Sender) -> None:
    """Send prospects and look-ups."""
    _create_prospects(world)
    _create_lookups(world)
    for extract, query in (("prospects", _PROSPECT_FILE), ("lookups", _LOOKUP_FILE)):
        for day in _days(world, f"directory_{extract}"):
            out.send(
                "directory", extract, day, query, "csv",
                encoding="utf-16", delimiter=";", parameters={"sent_on": day},
            )  # fmt: skip
    out.flush()
    world.plant(
        "prospects",
        "select prospect_key, person_id, customer_key, day_on as asked_on, joined_on "
        "from directory_prospects order by prospect_key",
    )


def _days(world: World, table: str) -> list[date]:
    rows = world.con.execute(f"select distinct sent_on from {table} order by sent_on").fetchall()
    return [day for (day,) in rows]


def _create_prospects(world: World) -> None:
    """Who asked; the name is as it was understood on the phone, the number one of another network, or none."""
    world.create(
        "directory_prospects",
        f"""
        with asked as (
            select person_id, customer_key, joined_on,
                joined_on - 3 - cast(floor(48 * u('asked before', person_id)) as int) as day_on
            from customers
            where is_duplicate_of is null and u('asks before', person_id) < {_ASKED_BEFORE}
            union all
            select person_id, null, null,
                start_on() + cast(floor(u('asked in vain', person_id) * (as_of() - start_on() + 1)) as int)
            from persons
            where born_on < start_on() - 6575 and person_id not in (select person_id from customers)
                and u('asks in vain', person_id) < {_ASKED_IN_VAIN}
        ),
        known as (
            select *, u('interest', person_id) as u_interest
            from asked inner join persons using (person_id)
            where day_on between start_on() and as_of()
        )
        select 'P' || printf('%07d', row_number() over (order by day_on, person_id)) as prospect_key, person_id,
            customer_key, joined_on, day_on, {_SENT_ON} as sent_on,
            case when u('name given', person_id) < 0.35
                then left(name_zh, 1) || case gender when 'M' then '先生' else '女士' end
                else name_zh end as given_name,
            case when u('phone given', person_id) < 0.8
                then '128' || printf('%08d', 1000 + (person_id * 48271 + 77) % 99999000) end as phone,
            district, {weighted("u_interest", _INTERESTS)} as interest,
            round(20 + 180 * pow(u('spends', person_id), 2), 2) as monthly_spend
        from known
        order by prospect_key
        """,
    )


def _create_lookups(world: World) -> None:
    shares = {category: share for category, (_, share) in _BUSINESSES.items()}
    words = " ".join(f"when {literal(name)} then {literal(word)}" for name, (word, _) in _BUSINESSES.items())
    world.create(
        "directory_lookups",
        f"""
        with asked as (
            select subscription_key, msisdn, hash(subscription_key, month_on) as asked_key,
                greatest(month_on, started_on) as from_on,
                least(last_day(month_on), coalesce(ended_on, as_of()), as_of()) as to_on
            from usage_months inner join subscriptions using (subscription_key)
            where activity > 0 and u('looks up', hash(subscription_key, month_on)) < {_LOOKUPS_A_MONTH}
        ),
        timed as (
            select *, from_on + cast(floor(u('look-up day', asked_key) * (to_on - from_on + 1)) as int) as day_on,
                u('category', asked_key) as u_category, u('result', asked_key) as u_result,
                u('street', asked_key) as u_street,
                cast(floor(25200 + 27000 * (u('hour a', asked_key) + u('hour b', asked_key))) as int) as second
            from asked where to_on >= from_on
        ),
        told as (
            select *, {weighted("u_category", shares)} as category, {weighted("u_result", _RESULTS)} as result,
                20 + cast(floor(-45 * ln(1 - u('look-up length', asked_key))) as int) as seconds
            from timed
        )
        select 'Q' || printf('%09d', row_number() over (order by day_on, second, subscription_key)) as lookup_key,
            day_on, {_SENT_ON} as sent_on, day_on::timestamp + to_seconds(second) as asked_at,
            case when u('withheld', asked_key) >= {_WITHHELD} then msisdn end as phone,
            {one_of("u_street", STREETS)} || case category {words} end as asked_for, category, result, seconds,
            case when result = 'connected' then 0.10 * ceil(seconds / 60.0) else 0 end as fee
        from told
        order by lookup_key
        """,
    )
