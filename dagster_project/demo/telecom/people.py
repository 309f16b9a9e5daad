"""People: age, name, home and work, persona, and what they are like. No system is asked here: this is what is true.

Nobody can be meant: region codes 99xxxx are not assigned, 'Z' is no check character of an ID number, `.example`
is no domain, cities and streets are invented.
"""

from __future__ import annotations

from typing import Final

from dagster_project.demo.telecom.drawing import by, one_of, weighted
from dagster_project.demo.telecom.households import persons_wanted
from dagster_project.demo.telecom.names import GIVEN, SURNAMES
from dagster_project.demo.telecom.network import STYLES
from dagster_project.demo.telecom.world import World

#: Personas (elite 精华型, young_generation 年轻一代型, achiever 事业成功型, butterfly 蝴蝶型, occasional 偶然用户型,
#: good_friend 好朋友型, watch_list 待观察型) by the age up to which the row holds. Shares are our assumption.
PERSONAS_BY_AGE: Final = {
    27: {"young_generation": 0.62, "butterfly": 0.18, "watch_list": 0.06, "good_friend": 0.08, "occasional": 0.04,
         "achiever": 0.02},
    45: {"achiever": 0.24, "good_friend": 0.20, "butterfly": 0.18, "occasional": 0.12, "elite": 0.10,
         "young_generation": 0.10, "watch_list": 0.06},
    60: {"good_friend": 0.28, "occasional": 0.26, "elite": 0.14, "achiever": 0.14, "butterfly": 0.10,
         "watch_list": 0.08},
    200: {"occasional": 0.50, "good_friend": 0.35, "elite": 0.05, "butterfly": 0.05, "watch_list": 0.05},
}  # fmt: skip
PERSONAS: Final = ("elite", "young_generation", "achiever", "butterfly", "occasional", "good_friend", "watch_list")
#: Personas that cost more than they pay.
LOSS_MAKING: Final = ("butterfly", "occasional")
#: How a person answers a campaign, by persona where it differs. Shares are our assumption.
CAMPAIGN_EFFECTS: Final = {"persuadable": 0.22, "sure_thing": 0.28, "lost_cause": 0.40, "sleeping_dog": 0.10}
_EFFECTS_BY_PERSONA: Final = {
    "butterfly": {"persuadable": 0.40, "sure_thing": 0.20, "lost_cause": 0.35, "sleeping_dog": 0.05},
    "good_friend": {"persuadable": 0.18, "sure_thing": 0.45, "lost_cause": 0.27, "sleeping_dog": 0.10},
    "occasional": {"persuadable": 0.12, "sure_thing": 0.10, "lost_cause": 0.60, "sleeping_dog": 0.18},
}
CHANNELS: Final = {"app": 0.30, "wechat": 0.24, "phone": 0.20, "sms": 0.10, "store": 0.10, "web": 0.06}
_CHANNELS_OLD: Final = {"phone": 0.48, "store": 0.32, "sms": 0.10, "wechat": 0.07, "app": 0.02, "web": 0.01}

_AGES: Final = """
    create table members as
    with numbered as (
        select household_id, i as member_no, city, district, district_no, home_cell, address,
            row_number() over (order by household_id, i) as person_id
        from households cross join lateral (select unnest(range(size)) as i)
    ),
    heads as (
        select household_id, 22 + 56 * pow(u('age of head', household_id), 1.25) as head_age
        from households
    )
    select person_id, household_id, member_no, city, district, district_no, home_cell, address,
        case when member_no = 0 then head_age
            when member_no = 1 then clip(head_age + 3 * z('age of partner', person_id), 20, 85)
            when head_age < 36 then head_age + 24 + 6 * u('age of parent', person_id)
            else greatest(head_age - 26 - 7 * u('age of child', person_id), 6) end as age,
        case when member_no = 1 then u('sex', household_id) >= 0.5
            when member_no = 0 then u('sex', household_id) < 0.5
            else u('sex of member', person_id) < 0.512 end as is_man
    from numbered inner join heads using (household_id)
    where person_id <= $persons
"""


def create(world: World) -> None:
    """Create `persons`."""
    world.con.execute(_AGES, {"persons": persons_wanted(world)})
    world.create("traits", _traits())
    surname = one_of("pow(u_surname, 1.8)", list(SURNAMES))
    pinyin = one_of("pow(u_surname, 1.8)", list(SURNAMES.values()))
    given = (
        f"{one_of('u_given', GIVEN)} || case when u_second < 0.78 then {one_of('u_second / 0.78', GIVEN)} else '' end"
    )
    login = f"{pinyin} || '_' || lower(to_base(person_id * 7919 + 100000, 36))"
    world.create(
        "persons",
        f"""
        select person_id, gender, born_on, {surname} || {given} as name_zh,
            printf('99%04d', 1000 + district_no) || strftime(born_on, '%Y%m%d')
                || printf('%03d', (2 * row_number() over (partition by district_no, born_on, gender order by person_id)
                + (gender = 'M')::int) % 1000) || 'Z' as id_number,
            city, district, address, home_cell, work_cell, household_id, group_id, persona,
            {login} || '@' || {one_of("u_mail", ["yun", "xin", "post", "mail"])} || '.example' as email,
            case when web_affinity > 0.30 then {login} end as login,
            chattiness, web_affinity, service_affinity, campaign_effect, preferred_channel, preferred_agent_style
        from traits
        order by person_id
        """,
    )
    for table in ("members", "traits"):
        world.con.execute(f"drop table {table}")


def _traits() -> str:
    """Persona by age, and what follows from the persona."""
    bands = " ".join(
        f"when age <= {age} then {weighted('u_persona', shares)}" for age, shares in PERSONAS_BY_AGE.items()
    )
    effects = {persona: weighted("u_effect", shares) for persona, shares in _EFFECTS_BY_PERSONA.items()}
    web = {"young_generation": 0.35, "achiever": 0.2, "elite": 0.1, "occasional": -0.3}
    service = {"butterfly": 0.2, "occasional": 0.15, "elite": 0.1, "good_friend": -0.15}
    return f"""
        with drawn as (
            select *, case when is_man then 'M' else 'F' end as gender,
                (as_of() - cast(floor(age * 365.25) as int))::date as born_on, u('persona', person_id) as u_persona,
                u('campaign effect', person_id) as u_effect, u('channel', person_id) as u_channel,
                u('agent style', person_id) as u_style,
                u('surname', household_id * 2 + (member_no = 1)::int) as u_surname,
                u('given', person_id) as u_given, u('second', person_id) as u_second, u('mail', person_id) as u_mail,
                u('group', person_id) as u_group, u('group number', person_id) as u_number
            from members
        ),
        personas as (
            select *, case {bands} end as persona, case when age between 17 and 27 and u_group < 0.35 then 'campus'
                when age between 23 and 60 and u_group > 0.75 then 'enterprise' end as group_type
            from drawn
        ),
        numbered as (
            select personas.*, 1 + cast(floor(u_number * types.n) as bigint) as number_of_type
            from personas left join (select group_type, count(*) as n from groups group by group_type) as types
                using (group_type)
        )
        select numbered.* exclude (city), numbered.city, groups.group_id,
            coalesce(groups.work_cell, printf('C%06d', 1 + cast(floor(u('work cell', person_id)
                * (select count(*) from cells)) as int))) as work_cell,
            round(clip(0.5 + 0.22 * z('chattiness', person_id), 0, 0.9999), 4) as chattiness,
            round(clip(0.75 - age / 120 + {by("persona", web, 0)} + 0.15 * z('web', person_id), 0, 0.9999), 4)
                as web_affinity,
            round(clip(0.35 + {by("persona", service, 0)} + 0.18 * z('service', person_id), 0, 0.9999), 4)
                as service_affinity,
            {by("persona", effects, weighted("u_effect", CAMPAIGN_EFFECTS))} as campaign_effect,
            case when age > 60 then {weighted("u_channel", _CHANNELS_OLD)} else {weighted("u_channel", CHANNELS)} end
                as preferred_channel,
            {weighted("u_style", STYLES)} as preferred_agent_style
        from numbered
        left join groups on groups.group_type = numbered.group_type
            and groups.number_of_type = numbered.number_of_type
    """
