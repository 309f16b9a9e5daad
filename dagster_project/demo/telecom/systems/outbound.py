"""Outbound calls: every dialling of the telesales centre, and what the agents noted about the talks. Simulated.

Habits: csv; clocks of the operator (UTC+8); up to three attempts on following days; customers by number and phone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from dagster_project.demo.telecom.drawing import weighted

if TYPE_CHECKING:
    from dagster_project.demo.telecom.sending import Sender
    from dagster_project.demo.telecom.world import World

MOST_ATTEMPTS: Final = 3
_NOT_REACHED: Final = {"no_answer": 0.6, "busy": 0.25, "switched_off": 0.15}
_NOT_SOLD: Final = {"declined": 0.6, "thinking": 0.3, "callback": 0.1}

_CALLS: Final = f"""
    with numbers as (
        select customer_key, arg_min(msisdn, (started_on, subscription_key)) as msisdn
        from subscriptions group by customer_key
    ),
    agents as (
        select list(agent_key order by agent_key) as keys from staff where agent_role = 'telesales_agent'
    ),
    planned as (
        select *, case when is_reached then 1 + cast(floor(pow(u('attempts', k), 1.6) * {MOST_ATTEMPTS}) as int)
            else {MOST_ATTEMPTS} end as attempts
        from campaign_touches where channel = 'phone'
    ),
    dialled as (
        select planned.*, attempt_no, hash(k, attempt_no) as d, is_reached and attempt_no = attempts as is_connected,
            contacted_at + to_days(cast(attempt_no - 1 as int)) as dialled_at
        from planned cross join (select unnest(range(1, {MOST_ATTEMPTS + 1})) as attempt_no)
        where attempt_no <= attempts
    )
    select sent_on(dialled_at::date) as sent_on, 'O' || campaign_no || '-' || customer_key || '-' || attempt_no
            as call_key, campaign_no, campaign_key, customer_key, msisdn, attempt_no, dialled_at, is_connected,
        keys[1 + cast(floor(u('dialling agent', d) * len(keys)) as int)] as agent_key,
        case when is_connected then 'connected' else {weighted("u('not reached', d)", _NOT_REACHED)} end as disposition,
        case when is_connected then 25 + cast(floor(-90 * ln(1 - u('sales talk', d))) as bigint) else 0 end
            as talk_seconds,
        u('not sold', d) as u_outcome
    from dialled inner join numbers using (customer_key) cross join agents
    where dialled_at < as_of() + 1
    order by sent_on, call_key
"""
_FILES: Final = {
    "calls": """
        select call_key as call_id, campaign_key as campaign_id, customer_key as customer_no, msisdn as dialled_number,
            agent_key as agent_no, attempt_no as attempt, strftime(dialled_at, '%Y-%m-%d %H:%M:%S') as dialled_at,
            disposition, talk_seconds
        from outbound_calls where sent_on = $day order by call_id
    """,
    "results": f"""
        select call_key as call_id, campaign_key as campaign_id, customer_key as customer_no, agent_key as agent_no,
            case when response_type is null then {weighted("u_outcome", _NOT_SOLD)}
                when response_type = 'refusal' then 'do_not_call' else 'accepted' end as outcome,
            strftime(dialled_at + to_seconds(talk_seconds + 30), '%Y-%m-%d %H:%M:%S') as noted_at
        from outbound_calls
        left join (
            select campaign_key, customer_key, max(response_type) as response_type
            from campaign_answers group by campaign_key, customer_key
        ) using (campaign_key, customer_key)
        where is_connected and sent_on = $day order by call_id
    """,
}


def write(world: World, out: Sender) -> None:
    """Send the diallings and the notes of each day."""
    world.create("outbound_calls", _CALLS)
    # A day on which nobody was reached has no notes, and no file of them.
    sources = {"calls": "outbound_calls", "results": "(select * from outbound_calls where is_connected)"}
    for extract, rows in _FILES.items():
        for day in world.days(sources[extract]):
            out.send("outbound", extract, day, rows, "csv", parameters={"day": day})
