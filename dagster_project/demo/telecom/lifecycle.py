"""Customer records of the operator: who has one, since when, and the second records that the same person got.

Kinds of second records (`trap`): duplicate (opened again in another shop, all the same data), typo (name, birth date
or ID number misspelt), merged (found and merged by the operator later on). `none` is the one proper record.
"""

from __future__ import annotations

from typing import Final

from dagster_project.demo.telecom.drawing import literal, weighted
from dagster_project.demo.telecom.names import CONFUSED
from dagster_project.demo.telecom.world import World

#: Share of customers who get a second record, and what kind it is. Our assumption.
DUPLICATE_SHARE: Final = 0.025
TRAPS: Final = {"duplicate": 0.35, "typo": 0.45, "merged": 0.20}
#: Share of customers who were there before the first business day, and how long, in days.
_BASE_SHARE: Final = 0.78
_MEAN_TENURE_DAYS: Final = 950


def create(world: World) -> None:
    """Create `customers`, as they would be if nobody ever left (`churn` says who does)."""
    confused = "name_zh"
    for right, wrong in CONFUSED.items():
        confused = f"replace({confused}, {literal(right)}, {literal(wrong)})"
    world.con.execute(_originals(world))
    world.con.execute(_SECONDS)
    world.create(
        "customers",
        f"""
        with records as (
            select person_id, joined_on, 'none' as trap, false as is_second from originals
            union all select person_id, joined_on, trap, true from seconds
        ),
        keyed as (
            select 10000000 + row_number() over (order by joined_on, is_second, person_id) as customer_key, *
            from records
        )
        select customer_key, person_id, joined_on, null::date as left_on, null::varchar as churn_cause,
            null::date as churn_onset_on, null::varchar as destination,
            case when is_second then min(customer_key) over (partition by person_id) end as is_duplicate_of,
            trap, case when trap = 'merged' then least(as_of(), joined_on + 20
                + cast(floor(200 * u('merged after', person_id)) as int)) end as merged_on,
            case when trap = 'typo' and {confused} <> name_zh then {confused} else name_zh end as recorded_name,
            case when trap = 'typo' and {confused} = name_zh
                then left(id_number, 15) || substr(id_number, 17, 1) || substr(id_number, 16, 1) || 'Z'
                else id_number end as recorded_id_number,
            case when trap = 'typo' and u('typo in birth', person_id) < 0.3 then born_on + 9 else born_on end
                as recorded_born_on
        from keyed inner join persons using (person_id)
        order by customer_key
        """,
    )
    for table in ("originals", "seconds"):
        world.con.execute(f"drop table {table}")


def _originals(world: World) -> str:
    return f"""
        create table originals as
        with adults as (
            select person_id, born_on from persons where born_on <= start_on() - 6575
            qualify row_number() over (order by u('contract', person_id), person_id) <= {world.options.customers}
        )
        select person_id, greatest(born_on + 5844, case when u('base', person_id) < {_BASE_SHARE}
            then start_on() - 1 - least(5000, cast(floor(-{_MEAN_TENURE_DAYS} * ln(1 - u('tenure', person_id))) as int))
            else start_on() + cast(floor(u('joined', person_id) * (as_of() - start_on() + 1)) as int) end) as joined_on
        from adults
    """


_SECONDS: Final = f"""
    create table seconds as
    select person_id, {weighted("u('trap', person_id)", TRAPS)} as trap,
        joined_on + 10 + cast(floor(u('second joined', person_id) * (as_of() - joined_on - 10)) as int) as joined_on
    from originals
    where u('second record', person_id) < {DUPLICATE_SHARE} and joined_on < as_of() - 40
"""
