"""The privacy desk: consents, the do-not-contact list, and what people ask about their own data. Simulated.

Habits: csv; clocks of the operator (UTC+8); a request comes again with every change of its status.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from dagster_project.demo.telecom.drawing import weighted

if TYPE_CHECKING:
    from dagster_project.demo.telecom.sending import Sender
    from dagster_project.demo.telecom.world import World

#: Share of customers who agree, by purpose.
_GRANTED: Final = {"marketing": 0.82, "profiling": 0.70}
_ASKING_SHARE: Final = 0.006
_ERASURE_AFTER_LEAVING: Final = 0.03
_KINDS: Final = {"access": 0.45, "correction": 0.20, "objection": 0.20, "erasure": 0.15}
_DUE_DAYS: Final = 30

_CONSENTS: Final = f"""
    with decisions as (
        select customer_key, purpose, case when u('agrees to ' || purpose, customer_key) < share then 'granted'
                else 'refused' end as decision, joined_on as decided_on, 1 as n
        from customers
        cross join (values ('marketing', {_GRANTED["marketing"]}), ('profiling', {_GRANTED["profiling"]}))
            as t(purpose, share)
        union all select customer_key, 'marketing', 'withdrawn', refused_on, 2 from ad_refusals
    )
    select sent_on(decided_on) as sent_on, *, 'N' || customer_key || left(purpose, 1) || n as consent_key,
        decided_on::timestamp + to_seconds(cast(33000 + floor(u('decided at', hash(customer_key, purpose, n)) * 30000)
            as bigint)) as decided_at
    from decisions where decided_on <= as_of() order by sent_on, consent_key
"""
_REQUESTS: Final = f"""
    with asked as (
        select customer_key, {weighted("u('request kind', customer_key)", _KINDS)} as kind,
            greatest(joined_on, start_on()) + cast(floor(u('request on', customer_key)
                * (as_of() - greatest(joined_on, start_on()) + 1)) as int) as asked_on
        from customers where u('asks', customer_key) < {_ASKING_SHARE}
        union all
        select customer_key, 'erasure', greatest(left_on + 3, start_on()) from customers
        where left_on is not null and not is_silent and u('erasure', customer_key) < {_ERASURE_AFTER_LEAVING}
    ),
    dated as (
        select *, 'R' || customer_key || left(kind, 2) as request_key, asked_on + {_DUE_DAYS} as due_on,
            asked_on + 1 + cast(floor(u('answered after', customer_key) * 32) as int) as done_on
        from asked
    ),
    changes as (
        select *, 'received' as status, asked_on as changed_on, null::date as completed_on from dated
        union all select *, 'completed', done_on, done_on from dated where u('forgotten', customer_key) > 0.06
    )
    select distinct on (sent_on, request_key) sent_on(changed_on) as sent_on, *
    from changes where changed_on <= as_of() order by sent_on, request_key, changed_on desc
"""
_FILES: Final = {
    "consents": (
        "privacy_consents",
        """
        select consent_key as consent_id, customer_key as customer_no, purpose, decision,
            strftime(decided_at, '%Y-%m-%d %H:%M:%S') as decided_at
        from privacy_consents where sent_on = $day order by consent_id
        """,
    ),
    "do_not_contact": (
        "privacy_refusals",
        """
        select 'D' || customer_key as entry_id, customer_key as customer_no, 'all' as channel,
            strftime(refused_on, '%Y-%m-%d') as since
        from privacy_refusals where sent_on = $day order by entry_id
        """,
    ),
    "requests": (
        "privacy_requests",
        """
        select request_key as request_id, customer_key as customer_no, kind, status,
            strftime(asked_on, '%Y-%m-%d') as requested_on, strftime(due_on, '%Y-%m-%d') as due_on,
            strftime(completed_on, '%Y-%m-%d') as completed_on
        from privacy_requests where sent_on = $day order by request_id
        """,
    ),
}


def write(world: World, out: Sender) -> None:
    """Send decisions, new entries of the list, and requests that changed, day by day."""
    world.create("privacy_consents", _CONSENTS)
    world.create("privacy_requests", _REQUESTS)
    world.create(
        "privacy_refusals", "select sent_on(refused_on) as sent_on, * from ad_refusals order by sent_on, customer_key"
    )
    for extract, (table, rows) in _FILES.items():
        for day in world.days(table):
            out.send("privacy", extract, day, rows, "csv", parameters={"day": day})
