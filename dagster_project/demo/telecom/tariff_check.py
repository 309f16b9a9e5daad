"""Rating of used totals: what a line owes for a month on a plan, and which own plan would have been the cheapest.

A month on a plan costs its fee and what its allowances do not cover, each kind of use rounded to the cent. Local
minutes beyond the allowance are charged on-net and off-net in the proportion in which they were used; minutes while
roaming have a price of their own. The fee of a month begun is due whole.
"""

from __future__ import annotations

from typing import Final

from dagster_project.demo.telecom.world import World

#: Charges of used totals `u` on a plan `p`, in CNY.
CHARGES: Final = {
    "local": """greatest(0, u.local_on_net_seconds + u.local_off_net_seconds - 60.0 * p.included_local_minutes)
        / greatest(1, u.local_on_net_seconds + u.local_off_net_seconds) / 60.0
        * (u.local_on_net_seconds * p.price_local_on_net::double
            + u.local_off_net_seconds * p.price_local_off_net::double)""",
    "long": "greatest(0, u.long_seconds / 60.0 - p.included_long_minutes) * p.price_long::double",
    "sms": "greatest(0, u.sms_count - p.included_sms) * p.price_sms::double",
    "data": "greatest(0, u.data_bytes / 1048576.0 - p.included_mb) * p.price_mb::double",
    "roaming": "u.roaming_seconds / 60.0 * p.price_roaming_minute::double",
}
#: Plans that anybody may take: of ours, still sold, for phones.
_ON_SALE: Final = "operator = 'own' and valid_to_on is null and plan_key not in ('DAT25', 'CAMP19', 'SEN16')"


def charges(kinds: tuple[str, ...] = tuple(CHARGES)) -> str:
    """Columns of the charges, each rounded to the cent."""
    return ", ".join(f"round({CHARGES[kind]}, 2)::decimal(12, 2) as {kind}_amount" for kind in kinds)


def create_used_totals(world: World) -> None:
    """Create `used_totals`: one row a line and month in use, from what was really sent where `usage_billed` exists."""
    tables = {name for (name,) in world.con.execute("select table_name from duckdb_tables()").fetchall()}
    if "usage_billed" in tables:
        used = "left join usage_billed as b using (subscription_key, month_on)"
        columns = """coalesce(b.local_on_net_seconds, 0) as local_on_net_seconds,
            coalesce(b.local_off_net_seconds, 0) as local_off_net_seconds, coalesce(b.long_seconds, 0) as long_seconds,
            coalesce(b.sms_count, 0) as sms_count, coalesce(b.data_bytes, 0) as data_bytes,
            coalesce(b.roaming_seconds, 0) as roaming_seconds"""
    else:
        used = ""
        columns = """cast(60 * local_on_net_minutes as bigint) as local_on_net_seconds,
            cast(60 * local_off_net_minutes as bigint) as local_off_net_seconds,
            cast(60 * long_minutes as bigint) as long_seconds, m.sms_count::bigint as sms_count,
            cast(1048576 * data_mb as bigint) as data_bytes, 0::bigint as roaming_seconds"""
    world.create("used_totals", f"select subscription_key, month_on, {columns} from usage_months as m {used}")


def plant_best_plans(world: World) -> None:
    """Plant `best_plans`: per line the cheapest own plan on sale over all its whole use, by trying every plan.

    Of plans that cost the same the one with the lower fee, then the first by key, is the best.
    """
    world.con.execute(f"create table costs_by_plan as {_costs()}")
    world.plant(
        "best_plans",
        """
        with own as (
            select subscription_key, sum(fee_amount + usage_amount) as paid_amount from rated_months
            group by subscription_key
        )
        select costs.subscription_key, subscriptions.plan_key as current_plan_key, costs.plan_key as best_plan_key,
            costs.months, costs.total_amount as best_amount, own.paid_amount,
            own.paid_amount - costs.total_amount as saving_amount
        from costs_by_plan as costs
        inner join plans as p on p.plan_key = costs.plan_key and p.operator = 'own'
        inner join subscriptions on subscriptions.subscription_key = costs.subscription_key
        inner join own on own.subscription_key = costs.subscription_key
        where line_type <> 'data'
        qualify row_number() over (
            partition by costs.subscription_key order by total_amount, monthly_fee, costs.plan_key) = 1
        order by costs.subscription_key
        """,
    )
    world.con.execute("drop table costs_by_plan")


def _costs() -> str:
    total = " + ".join(f"round({charge}, 2)::decimal(12, 2)" for charge in CHARGES.values())
    return f"""
        select u.subscription_key, p.plan_key, count(*) as months, sum(p.monthly_fee + {total}) as total_amount
        from used_totals as u cross join plans as p
        where {_ON_SALE}
        group by u.subscription_key, p.plan_key
    """


def create_rated_months(world: World) -> None:
    """Create `rated_months`: one row a line and month with its plan, the fee, and the charge of each kind of use."""
    world.create(
        "rated_months",
        f"""
        with in_force as (
            select u.*, s.plan_key
            from used_totals as u
            inner join subscription_plans as s on s.subscription_key = u.subscription_key
                and s.from_on <= last_day(u.month_on) and coalesce(s.to_on, date '9999-12-31') >= u.month_on
            qualify row_number() over (partition by u.subscription_key, u.month_on order by s.from_on desc) = 1
        ),
        charged as (
            select u.*, p.monthly_fee as fee_amount, {charges()}
            from in_force as u inner join plans as p on p.plan_key = u.plan_key and p.operator = 'own'
        )
        select *, {" + ".join(f"{kind}_amount" for kind in CHARGES)} as usage_amount from charged
        """,
    )
