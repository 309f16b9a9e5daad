"""Accounts that pay and lines that are used: who uses which number on which plan and device, on whose contract.

A line's user need not be its customer: a household's second line, a data stick, a line that several people share.
"""

from __future__ import annotations

from typing import Final

from dagster_project.demo.telecom.drawing import by, one_of, weighted
from dagster_project.demo.telecom.names import DEVICES
from dagster_project.demo.telecom.world import World

#: First plan of a line by its user's persona. Our assumption: people choose by price more than by what they use.
_PLANS: Final = {
    "elite": {"P288": 0.25, "P188": 0.35, "FAM228": 0.18, "P128": 0.16, "P88": 0.06},
    "young_generation": {"Y29": 0.38, "Y59": 0.24, "P38": 0.16, "P18": 0.10, "P58": 0.12},
    "achiever": {"P128": 0.34, "P88": 0.26, "P188": 0.16, "FAM158": 0.14, "P58": 0.10},
    "butterfly": {"P8": 0.62, "P18": 0.28, "P38": 0.05, "Y29": 0.05},
    "occasional": {"P8": 0.46, "SEN16": 0.22, "P18": 0.20, "OLD48": 0.12},
    "good_friend": {"P38": 0.24, "P58": 0.26, "OLD48": 0.12, "OLD68": 0.10, "P88": 0.14, "FAM158": 0.14},
    "watch_list": {"P18": 0.34, "P8": 0.30, "P38": 0.22, "P58": 0.14},
}
#: Where lines move when their plan is changed: one step up the ladder, or down.
_STEPS: Final = {
    "P8": ("P18", "P18"), "P18": ("P38", "P8"), "P38": ("P58", "P18"), "P58": ("P88", "P38"), "P88": ("P128", "P58"),
    "P128": ("P188", "P88"), "P188": ("P288", "P128"), "P288": ("P288", "P188"), "Y29": ("Y59", "P18"),
    "Y59": ("P88", "Y29"), "CAMP19": ("Y29", "P18"), "SEN16": ("P18", "P8"), "FAM158": ("FAM228", "P88"),
    "FAM228": ("FAM228", "FAM158"), "DAT25": ("DAT25", "DAT25"), "OLD48": ("P58", "P38"), "OLD68": ("P88", "P58"),
}  # fmt: skip
_CHANGE_SHARE: Final = 0.20
_UPWARD_SHARE: Final = 0.6
_METHODS: Final = {"wallet": 0.42, "direct_debit": 0.22, "card": 0.14, "cash": 0.16, "invoice": 0.06}
_METHODS_OLD: Final = {"cash": 0.55, "direct_debit": 0.25, "wallet": 0.15, "card": 0.05}
_DATA_LINE_SHARE: Final = 0.06
_HOUSEHOLD_LINE_SHARE: Final = 0.70
_SHARED_SHARE: Final = 0.02

_CANDIDATES: Final = """
    create table line_candidates as
    with holders as (
        select customers.*, persons.household_id, persons.persona,
            row_number() over (partition by household_id order by customer_key) as holder_no
        from customers inner join persons using (person_id)
    ),
    first_lines as (
        select customer_key, person_id as user_person_id, persona, joined_on as started_on, 'first' as line_type
        from holders
    ),
    household_lines as (
        select holders.customer_key, persons.person_id, persons.persona,
            holders.joined_on + cast(floor(700 * u('household line on', persons.person_id)) as int), 'household'
        from persons
        inner join holders on holders.household_id = persons.household_id and holders.holder_no = 1
        where persons.person_id not in (select person_id from customers)
            and persons.born_on < start_on() - 3650 and u('household line', persons.person_id) < {household}
    ),
    data_lines as (
        select customer_key, person_id, persona,
            joined_on + cast(floor(500 * u('data line on', customer_key)) as int), 'data'
        from holders where u('data line', customer_key) < {data}
    )
    select 30000000 + row_number() over (order by started_on, customer_key, user_person_id, line_type)
        as subscription_key, customer_key, user_person_id, persona, started_on, line_type
    from (
        from first_lines union all from household_lines union all from data_lines
    )
    inner join customers using (customer_key)
    where started_on <= as_of() and (line_type = 'first' or started_on < coalesce(left_on, as_of() + 1) - 5)
"""


def create(world: World) -> None:
    """Create `accounts`, `subscriptions` and `subscription_plans`."""
    world.create(
        "accounts",
        f"""
        select customer_key + 10000000 as account_key, customer_key,
            case when born_on < as_of() - 21900 then {weighted("u_method", _METHODS_OLD)}
                else {weighted("u_method", _METHODS)} end as payment_method,
            [3, 5, 8][1 + cast(floor(3 * u('billing day', customer_key)) as int)] as billing_day,
            joined_on as opened_on, case when is_silent then null else left_on end as closed_on
        from (select *, u('payment method', customer_key) as u_method from customers)
        inner join persons using (person_id)
        order by account_key
        """,
    )
    world.con.execute(_CANDIDATES.format(household=_HOUSEHOLD_LINE_SHARE, data=_DATA_LINE_SHARE))
    _create_plan_history(world)
    _create_subscriptions(world)
    for table in ("line_candidates", "first_plans"):
        world.con.execute(f"drop table {table}")


def _create_plan_history(world: World) -> None:
    """The first plan, and for some lines one change on the first day of a month."""
    first = by("persona", {persona: weighted("u_plan", shares) for persona, shares in _PLANS.items()})
    world.create(
        "first_plans",
        f"""
        with drawn as (
            select lines.*, u('plan', subscription_key) as u_plan, group_type, customers.left_on
            from line_candidates as lines
            inner join customers using (customer_key)
            inner join persons on persons.person_id = user_person_id
            left join groups using (group_id)
        ),
        chosen as (
            select *, case when line_type = 'data' then 'DAT25'
                when group_type = 'campus' and u('campus plan', subscription_key) < 0.55 then 'CAMP19'
                else {first} end as wanted
            from drawn
        )
        select *, case when wanted = 'OLD48' and started_on > date '2023-12-31' then 'P38'
            when wanted = 'OLD68' and started_on > date '2023-12-31' then 'P58' else wanted end as plan_key,
            case when u('plan change', subscription_key) < {_CHANGE_SHARE} and line_type <> 'data'
                then date_trunc('month', start_on() + 31 + cast(floor(u('plan change on', subscription_key)
                    * (as_of() - start_on() - 31)) as int))::date end as changed_on
        from chosen
        """,
    )
    up = by("plan_key", {plan: f"'{step}'" for plan, (step, _) in _STEPS.items()})
    down = by("plan_key", {plan: f"'{step}'" for plan, (_, step) in _STEPS.items()})
    world.create(
        "subscription_plans",
        f"""
        with changes as (
            select subscription_key, plan_key, started_on, case when changed_on > started_on
                and changed_on < coalesce(left_on, as_of() + 1) then changed_on end as changed_on,
                case when u('plan up', subscription_key) < {_UPWARD_SHARE} then {up} else {down} end as next_plan
            from first_plans
        ),
        real_changes as (
            select *, case when next_plan <> plan_key then changed_on end as moved_on from changes
        )
        select subscription_key, plan_key, started_on as from_on, moved_on - 1 as to_on from real_changes
        union all select subscription_key, next_plan, moved_on, null from real_changes where moved_on is not null
        order by subscription_key, from_on
        """,
    )


def _create_subscriptions(world: World) -> None:
    """Numbers 129 + 8 digits are a permutation of the counter: none comes twice, neighbours lie far apart."""
    world.create(
        "subscriptions",
        f"""
        with lines as (
            select *, u('device', user_person_id * 3 + (line_type = 'data')::int) as u_device,
                12 * (1 + (u('term', subscription_key) < 0.6)::int) as term_months
            from first_plans
        ),
        dated as (
            select lines.*, customers.is_silent, customers.person_id,
                case when u('term taken', subscription_key) < 0.6 then (started_on
                + to_months(term_months::int * greatest(1, cast(floor(greatest(0, date_diff('month', started_on,
                    start_on() + cast(floor(u('renewal', subscription_key) * (as_of() - start_on())) as int)))
                    / term_months) as int)))
                )::date end as contract_ends_on
            from lines inner join customers using (customer_key)
        )
        select dated.subscription_key, customer_key + 10000000 as account_key, customer_key, user_person_id,
            '129' || printf('%08d', (dated.subscription_key * 48271 + 1234567) % 100000000) as msisdn,
            current_plan as plan_key,
            case when line_type = 'data' then {one_of("u_device", ["Lapwing Pad", "Lapwing Stick"])}
                else {one_of("u_device", [name for name in DEVICES if not name.startswith("Lapwing")])} end as device,
            '00' || printf('%013d', ((case when is_shared then person_id else user_person_id end * 10
                + (line_type = 'data')::int) * 7919) % 10000000000000) as device_id,
            started_on, contract_ends_on, case when is_silent then null else left_on end as ended_on, is_shared,
            line_type
        from (select *, u('shared', subscription_key) < {_SHARED_SHARE} and line_type = 'household' as is_shared
            from dated) as dated
        inner join (
            select subscription_key, arg_max(plan_key, from_on) as current_plan
            from subscription_plans group by subscription_key
        ) using (subscription_key)
        order by subscription_key
        """,
    )
