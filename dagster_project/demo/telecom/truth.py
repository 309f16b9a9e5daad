"""What is planted for tests: the truth about people and what was done to them, which no pipeline may read."""

from __future__ import annotations

from typing import Final

from dagster_project.demo.telecom.costs import plant_margins
from dagster_project.demo.telecom.people import LOSS_MAKING
from dagster_project.demo.telecom.products import CHAINS, NULL_PRODUCTS, PAIRS
from dagster_project.demo.telecom.tariff_check import create_rated_months, create_used_totals, plant_best_plans
from dagster_project.demo.telecom.world import World

_TABLES: Final = {
    # Trap = why the key is hard to bring home: typo, duplicate, merged, shared_device, household (another's contract).
    "person_keys": """
        select person_id, 'ibss' as system, 'customer' as key_type, customer_key::varchar as source_key, trap
        from customers
        union all select user_person_id, 'ibss', 'line', subscription_key::varchar,
            case when line_type = 'household' then 'household' else 'none' end
        from subscriptions
        union all select user_person_id, 'network', 'msisdn', msisdn,
            case when line_type = 'household' then 'household' else 'none' end
        from subscriptions
        union all select distinct user_person_id, 'network', 'device', device_id,
            case when count(distinct user_person_id) over (partition by device_id) > 1 then 'shared_device'
                else 'none' end
        from subscriptions
        union all select person_id, 'web', 'login', login, 'none' from persons where login is not null
        order by 1, 2, 3, 4
    """,
    "persons": f"""
        select persons.*, persona in {LOSS_MAKING} as is_loss_making, group_type
        from persons left join groups using (group_id)
        order by person_id
    """,
    "households": "select household_id, person_id, home_cell from persons order by household_id, person_id",
    "places": """
        select person_id, home_cell, work_cell, grids.grid_key as home_grid, has_bad_network as is_home_network_bad
        from persons inner join cells on cell_key = home_cell inner join grids using (grid_key)
        order by person_id
    """,
    "churn": """
        select customer_key, person_id, joined_on, churn_onset_on, left_on, churn_cause, destination, is_silent
        from customers where left_on is not null order by customer_key
    """,
    "lifecycle": """
        select subscription_key, customer_key, user_person_id, line_type, started_on, contract_ends_on, ended_on,
            left_on
        from subscriptions inner join customers using (customer_key)
        order by subscription_key
    """,
    "campaign_effects": """
        select person_id, campaign_effect, preferred_channel, preferred_agent_style from persons order by person_id
    """,
    "agents": "select agent_key, agent_role, agent_style, quality from staff order by agent_key",
    "tariff_book": "select * from plans order by operator, plan_key, valid_from_on",
    "price_moves": "select * from price_moves order by moved_on",
    "planted_orders": """
        select order_key, subscription_key, product_key, ordered_at, planted from product_orders
        where planted <> 'own' order by order_key, product_key
    """,
}


#: Names of planted tables that no source could bear by chance.
PLANTED: Final = frozenset(_TABLES) - {"persons", "households", "agents"} | {
    "best_plans",
    "line_margins",
    "product_rules",
}


def create(world: World) -> None:
    """Plant everything that is known before any system has recorded anything."""
    for name, query in _TABLES.items():
        world.plant(name, query)
    pairs = [f"('{first}', '{then}', 0, 0, {share}, 'pair')" for first, (then, share) in PAIRS.items()]
    chains = [
        f"('{first}', '{then}', {least}, {most}, {share}, 'chain {number}')"
        for number, chain in enumerate(CHAINS, start=1)
        for first, then, least, most, share in chain
    ]
    world.plant(
        "product_rules",
        f"""
        select * from (values {", ".join(pairs + chains)})
            as t(first_product_key, then_product_key, least_lag_days, most_lag_days, probability, planted)
        order by planted, first_product_key
        """,
    )
    nulls = ", ".join(f"('{product}')" for product in NULL_PRODUCTS)
    world.plant("null_products", f"select * from (values {nulls}) as t(product_key) order by product_key")


def rate_usage(world: World) -> None:
    """Rate what was really used, and plant best plan and margin of every line.

    After usage was sent, before it is billed.
    """
    create_used_totals(world)
    create_rated_months(world)
    plant_best_plans(world)
    plant_margins(world)
