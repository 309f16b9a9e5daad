"""System `hotline`: the contact centre. It knows most callers by their phone only, and cuts its day in local time.

Tables of the world made here: `hotline_contacts`, one row per contact with all that the centre records of it, and
`hotline_tickets`, one row per change of a ticket. Extracts: calls, tickets, complaints, recordings (jsonl).
"""

from __future__ import annotations

from typing import Final

from dagster_project.demo.telecom import contacts
from dagster_project.demo.telecom.drawing import by, weighted
from dagster_project.demo.telecom.sending import Sender
from dagster_project.demo.telecom.spans import files_with_rows
from dagster_project.demo.telecom.text.rendering import create_grammar_tables, rendered
from dagster_project.demo.telecom.world import World

#: Where a contact comes in.
CHANNELS: Final = {"phone": 0.80, "wechat": 0.09, "app": 0.06, "email": 0.03, "letter": 0.02}
#: Number that a caller calls from: their own, a relative's, or none shown.
NUMBERS: Final = {"own": 0.89, "household": 0.07, "withheld": 0.04}
#: Share of contacts in which the agent verifies and enters the customer number.
IDENTIFIED_SHARE: Final = 0.55
#: Share of contacts with a ticket, by kind; a written contact always has one.
TICKET_SHARES: Final = {"complaint": 1.0, "request": 0.6, "enquiry": 0.15, "praise": 0.3}
#: Share of contacts whose words are taken down, by kind; a written contact always is words.
WORDS_SHARES: Final = {"complaint": 1.0, "praise": 1.0, "request": 0.1, "enquiry": 0.1}
#: Share of the agents' topic codes that are wrong or 'OTHER'.
MISCODED_SHARE: Final = 0.12
#: Effects on what the caller thinks of the contact (1 to 5) and on the length of the talk.
SATISFACTION_BASE: Final = 3.55
STYLE_MATCH_BONUS: Final = 0.55
QUALITY_EFFECT: Final = 1.0
COMPLAINT_MALUS: Final = 0.75
STYLE_MATCH_SPEED: Final = 0.85
#: Median talk in seconds, before all effects.
TALK_SECONDS: Final = 190
_WAIT_SECONDS: Final = 40
_PATIENCE_SECONDS: Final = 240
#: Share of callers who press a key afterwards, by what they think: the extremes do more often.
_ANSWER_SHARES: Final = {"1": 0.34, "2": 0.22, "3": 0.14, "4": 0.18, "5": 0.30}
#: Customers whose calls go to the better half of the agents more often, and whose recordings are kept first.
_VIP: Final = ("elite", "achiever")


def write(world: World, out: Sender) -> None:
    """Deliver the contact centre's extracts and plant their truth."""
    ensure_contacts(world)
    world.create("hotline_tickets", _tickets())
    world.create("hotline_words", _words())
    for extract, (days, rows) in _EXTRACTS.items():
        for span in files_with_rows(world, days):
            bounds = {"first_on": span.first_on, "last_on": span.last_on}
            out.send(
                "hotline", extract, span.last_on, rows, "jsonl", parameters=bounds, control=_TOTALS.get(extract)
            )  # fmt: skip
    _plant(world)


def ensure_contacts(world: World) -> None:
    """Create `hotline_contacts` and the tables of the grammar once; the survey asks about the same calls."""
    if world.con.execute("select count(*) from duckdb_tables() where table_name = 'hotline_contacts'").fetchall()[0][0]:
        return
    contacts.ensure(world)
    create_grammar_tables(world)
    world.create("customer_phones", _CUSTOMER_PHONES)
    world.create("household_phones", _HOUSEHOLD_PHONES)
    world.create("hotline_rosters", _ROSTERS)
    world.create("hotline_contacts", _recorded())


_CUSTOMER_PHONES: Final = """
    select customer_key, arg_min(msisdn, (started_on, subscription_key)) as msisdn
    from subscriptions group by customer_key
"""
_HOUSEHOLD_PHONES: Final = """
    select household_id, list(msisdn order by customer_key) as msisdns
    from customer_phones inner join customer_people using (customer_key) group by household_id
"""
#: Agents who work through the month, the better first.
_ROSTERS: Final = """
    select month_on::date as month_on, agent_role,
        list(struct_pack(agent_key, agent_style, quality) order by quality desc, agent_key) as agents
    from staff cross join generate_series(start_on(), as_of(), interval 1 month) as t(month_on)
    where agent_role in ('hotline_agent', 'complaint_agent') and hired_on <= greatest(month_on::date, start_on())
        and coalesce(left_on, date '9999-12-31') > month_on::date + 31
    group by all
"""


def _recorded() -> str:
    """One row per contact: how it came in, who took it, how long it took, what the caller thought."""
    answers = by("opinion", {f"{score}": share for score, share in _ANSWER_SHARES.items()})
    is_vip = f"persona in ({', '.join(repr(persona) for persona in _VIP)})"
    return f"""
        with drawn as (
            select contacts.*, {weighted("u('contact channel', contact_key)", CHANNELS)} as channel,
                {weighted("u('contact number', contact_key)", NUMBERS)} as number_kind, {is_vip} as is_vip,
                u('contact agent', contact_key) as u_agent,
                cast(floor(-{_WAIT_SECONDS} * (1 + 1.5 * (origin = 'burst')::int)
                    * ln(1 - u('contact wait', contact_key))) as bigint) as wait_seconds,
                cast(floor(-{_PATIENCE_SECONDS} * ln(1 - u('contact patience', contact_key))) as bigint) as patience
            from contacts
        ),
        connected as (
            select *, channel = 'phone' and wait_seconds > patience as is_abandoned,
                case when is_vip then pow(u_agent, 1.4) else u_agent end as u_served
            from drawn
        ),
        served as (
            select connected.*, case when not is_abandoned
                then agents[1 + cast(floor(u_served * len(agents)) as int)] end as agent
            from connected inner join hotline_rosters
                on month_on = date_trunc('month', contacted_on)::date and agent_role = 'hotline_agent'
        ),
        felt as (
            select *, coalesce(agent.agent_style = preferred_agent_style, false) as is_style_match,
                round(clip({SATISFACTION_BASE} + {STYLE_MATCH_BONUS} * coalesce(agent.agent_style
                    = preferred_agent_style, false)::int + {QUALITY_EFFECT} * (coalesce(agent.quality, 0.5) - 0.5)
                    - {COMPLAINT_MALUS} * (polarity = 'negative')::int - 0.002 * least(wait_seconds, 300)
                    + 0.7 * z('contact opinion', contact_key), 1, 5))::int::varchar as opinion
            from served
        )
        select felt.* exclude (agent, u_agent, u_served, patience, wait_seconds, preferred_agent_style),
            agent.agent_key, 'H' || strftime(contacted_on, '%y%m%d') || printf('%09d', contact_key) as contact_no,
            case number_kind when 'own' then msisdn when 'household'
                then msisdns[1 + cast(floor(u('which phone', contact_key) * len(msisdns)) as int)] end as caller_number,
            case when u('identified', contact_key) < {IDENTIFIED_SHARE} and not is_abandoned
                then customer_key::varchar end as customer_number,
            case when is_abandoned then least(wait_seconds, 1800) else least(wait_seconds, 1200) end as wait_seconds,
            case when channel <> 'phone' or is_abandoned then 0 else cast(round(clip({TALK_SECONDS}
                * exp(0.5 * z('talk', contact_key)) * case when kind = 'complaint' then 1.4 else 1 end
                * case when is_style_match then {STYLE_MATCH_SPEED} else 1 end
                * (1.15 - 0.3 * coalesce(agent.quality, 0.5)), 10, 5400)) as bigint) end as talk_seconds,
            case when u('miscoded', contact_key) >= {MISCODED_SHARE} then upper(topic)
                when u('miscoded as', contact_key) < 0.5 then 'OTHER' else 'PLAN_ADVICE' end as topic_code,
            case when channel = 'phone' and not is_abandoned and u('keypad', contact_key) < {answers}
                then opinion::bigint end as keypad_score,
            channel <> 'phone' or not is_abandoned and u('has ticket', contact_key)
                < {by("kind", TICKET_SHARES)} as has_ticket,
            channel <> 'phone' or not is_abandoned and u('has words', contact_key)
                < {by("kind", WORDS_SHARES)} as has_words
        from felt
        left join customer_phones using (customer_key)
        left join household_phones using (household_id)
    """


def _tickets() -> str:
    """One row per change of a ticket: opened, closed some days later, now and then reopened and closed again."""
    return """
        with opened as (
            select contact_key, kind, contacted_at + to_seconds(wait_seconds + talk_seconds) as opened_at,
                -ln(1 - u('ticket days', contact_key)) * case when kind = 'complaint' then 3.2 else 0.7 end as days,
                u('reopened', contact_key) < 0.06 and kind = 'complaint' as is_reopened
            from hotline_contacts where has_ticket
        ),
        dated as (
            select *, opened_at + to_seconds(600 + cast(floor(least(days, 45) * 86400) as int)) as closed_at
            from opened
        ),
        changes as (
            select contact_key, 1 as change_no, 'open' as status, opened_at as updated_at from dated
            union all select contact_key, 2, 'closed', closed_at from dated
            union all select contact_key, 3, 'reopened', closed_at + interval 20 hour from dated where is_reopened
            union all select contact_key, 4, 'closed', closed_at + interval 70 hour from dated where is_reopened
        )
        select contact_key, change_no, status, dated.opened_at, updated_at, updated_at::date as updated_on,
            case when status = 'closed' then updated_at end as closed_at
        from changes inner join dated using (contact_key)
        where updated_at < as_of() + interval 1 day
        order by updated_at
    """


def _words() -> str:
    wanted = """(
        select contact_key as text_key, language, topic, polarity, intensity from hotline_contacts where has_words)"""
    return f"select * from ({rendered(wanted)})"


_RECORDED: Final = "u('recorded', contact_key) < 0.93"
_CALLED: Final = "select contacted_on from hotline_contacts where channel = 'phone'"
_IN_SPAN: Final = "contacted_on between $first_on and $last_on"
#: Totals that the control file of an extract gives.
_TOTALS: Final = {"calls": {"talk_seconds": "sum(talk_seconds)"}}
#: Days with rows, and the rows of the days from $first_on to $last_on, by extract.
_EXTRACTS: Final = {
    "calls": (_CALLED, f"""
        select contact_no as call_id, caller_number, customer_number,
            case when is_vip then 'vip' else 'standard' end as queue, 'inbound' as direction, agent_key as agent_id,
            contacted_at as started_at,
            case when not is_abandoned then contacted_at + to_seconds(wait_seconds) end as answered_at,
            contacted_at + to_seconds(wait_seconds + talk_seconds) as ended_at, wait_seconds, talk_seconds,
            case when not is_abandoned then topic_code end as topic_code,
            case when is_abandoned then 'abandoned' when has_ticket then 'ticket' else 'answered' end as outcome,
            keypad_score
        from hotline_contacts where channel = 'phone' and {_IN_SPAN} order by contacted_at, contact_key
    """),
    "tickets": ("select updated_on from hotline_tickets", """
        select 'T' || substr(contact_no, 2) as ticket_id, case when channel = 'phone' then contact_no end as call_id,
            caller_number, customer_number, channel, kind as ticket_type, topic_code,
            case when is_vip then 'high' when kind = 'complaint' and intensity = 3 then 'high' else 'normal' end
                as priority,
            status, agent_key as agent_id, opened_at, closed_at, updated_at
        from hotline_tickets inner join hotline_contacts using (contact_key)
        where updated_on between $first_on and $last_on order by updated_at, contact_key, change_no
    """),
    "complaints": ("select contacted_on from hotline_contacts where has_words", f"""
        select 'W' || substr(contact_no, 2) as complaint_id,
            case when has_ticket then 'T' || substr(contact_no, 2) end as ticket_id, caller_number, customer_number,
            channel, kind as complaint_type, agent_key as agent_id, language, text as complaint_text,
            contacted_at as received_at
        from hotline_words inner join hotline_contacts on contact_key = text_key
        where {_IN_SPAN} order by contacted_at, contact_key
    """),
    "recordings": (f"{_CALLED} and not is_abandoned and {_RECORDED}", f"""
        select 'R' || substr(contact_no, 2) as recording_id, contact_no as call_id, caller_number, customer_number,
            agent_key as agent_id, media_type, case when is_vip then 'high' else 'normal' end as priority,
            talk_seconds as duration_seconds,
            talk_seconds * case when media_type = 'video' then 61440 else 8192 end + 44 as size_bytes,
            contacted_at + to_seconds(wait_seconds) as recorded_at
        from (
            select *, case when u('video', contact_key) < 0.02 then 'video' else 'voice' end as media_type
            from hotline_contacts
            where channel = 'phone' and not is_abandoned and {_RECORDED} and {_IN_SPAN}
        )
        order by contacted_at, contact_key
    """),
}  # fmt: skip


def _plant(world: World) -> None:
    world.plant("complaint_bursts", "select * from complaint_bursts order by burst_key")
    world.plant(
        "hotline_contacts",
        """
        select contact_no, customer_key, person_id, channel, number_kind, origin, kind, topic, polarity, intensity,
            cause, burst_key, agent_key, is_style_match, opinion::bigint as opinion, is_abandoned, contacted_on
        from hotline_contacts order by contact_key
        """,
    )
    world.plant(
        "hotline_texts",
        """
        select 'W' || substr(contact_no, 2) as complaint_id, language, topic, polarity, intensity, cause, has_typo,
            is_mixed, has_slang
        from hotline_words inner join hotline_contacts on contact_key = text_key order by contact_key
        """,
    )
    world.plant(
        "agent_effects",
        f"""
        select agent_key, agent_style, quality, {STYLE_MATCH_BONUS}::double as style_match_bonus,
            {STYLE_MATCH_SPEED}::double as style_match_speed, {QUALITY_EFFECT}::double as quality_effect
        from staff order by agent_key
        """,
    )
