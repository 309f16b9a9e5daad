"""What every line means to use in a month, before it is scattered into calls, messages and sessions.

A line's habit is lognormal around its user's persona; months vary around the habit; from the onset of churn on use
sinks to a sixth on the last day; a leaver whom nobody sees leave stops all at once.
"""

from __future__ import annotations

from typing import Final

from dagster_project.demo.telecom.drawing import by
from dagster_project.demo.telecom.world import World

#: Median month by persona: local minutes, share of them on-net, long-distance minutes, messages, MB.
#: Our assumption.
HABITS: Final = {
    "elite": (620, 0.45, 420, 40, 18_000), "young_generation": (70, 0.50, 20, 12, 21_000),
    "achiever": (420, 0.42, 230, 30, 16_000), "butterfly": (30, 0.35, 6, 8, 900),
    "occasional": (35, 0.55, 4, 4, 350), "good_friend": (230, 0.62, 45, 25, 7_500),
    "watch_list": (90, 0.40, 25, 30, 3_000),
}  # fmt: skip
#: Sinks to this on the last day.
_LAST_ACTIVITY: Final = 0.15
#: Seasons: factor on voice and on data by calendar month; February is the Spring Festival.
_VOICE_SEASON: Final = (1.04, 1.16, 1.0, 0.99, 1.0, 0.98, 0.97, 0.97, 1.02, 1.0, 0.99, 1.02)
_DATA_SEASON: Final = (1.0, 1.10, 0.97, 0.98, 1.0, 0.99, 1.08, 1.09, 0.98, 1.03, 0.98, 0.99)

_HABITS: Final = """
    create table habits as
    select subscription_key, started_on, coalesce(subscriptions.ended_on, left_on) as last_on, churn_onset_on,
        line_type, persona,
        case when line_type = 'data' then 0 else {local} * exp(0.55 * z('voice', subscription_key)) end
            as local_minutes,
        clip({on_net} + 0.12 * z('on-net', subscription_key), 0.05, 0.95) as on_net_share,
        case when line_type = 'data' then 0 else {long} * exp(0.75 * z('long', subscription_key)) end as long_minutes,
        case when line_type = 'data' then 0 else {sms} * exp(0.7 * z('sms', subscription_key)) end as sms_count,
        {mb} * exp(0.6 * z('data', subscription_key)) * case when line_type = 'data' then 1.5 else 1 end as data_mb,
        pow(u('roaming', subscription_key), 8) * {roaming} as roaming
    from subscriptions
    inner join customers using (customer_key)
    inner join persons on persons.person_id = user_person_id
"""
#: Months alive, the share of the month, and the mean activity of its days: a straight line from 1 down, so that
#: the middle day of the month's part after the onset has the mean.
_MONTHS: Final = """
    with months as (
        select month_on::date as month_on, last_day(month_on::date) as month_end_on
        from range(start_on()::timestamp, as_of()::timestamp + interval 1 day, interval 1 month) as t(month_on)
    ),
    alive as (
        select habits.*, month_on, month_end_on, hash(subscription_key, month_on) as month_key,
            greatest(started_on, month_on) as from_on,
            least(month_end_on, as_of(), coalesce(last_on, as_of())) as to_on
        from months inner join habits on started_on <= month_end_on and coalesce(last_on, as_of()) >= month_on
    ),
    active as (
        select *, (to_on - from_on + 1) / (month_end_on - month_on + 1)::double as month_share,
            case when churn_onset_on is null or to_on <= churn_onset_on then 1.0
                else (greatest(0, churn_onset_on - from_on) + (to_on - greatest(from_on, churn_onset_on) + 1)
                    * (1 - (1 - {last}) * ((to_on - churn_onset_on + greatest(from_on - churn_onset_on, 0)) / 2.0)
                        / greatest(1, last_on - churn_onset_on))) / (to_on - from_on + 1) end as activity
        from alive
    ),
    scaled as (
        select *, month_share * activity * {voice} * exp(0.18 * z('voice month', month_key)) as voice_factor,
            month_share * activity * {data} * exp(0.25 * z('data month', month_key)) as data_factor
        from active
    )
    select subscription_key, month_on, round(local_minutes * voice_factor * on_net_share, 2) as local_on_net_minutes,
        round(local_minutes * voice_factor * (1 - on_net_share), 2) as local_off_net_minutes,
        round(long_minutes * voice_factor, 2) as long_minutes,
        cast(floor(sms_count * voice_factor + u('sms month', month_key)) as int) as sms_count,
        round(data_mb * data_factor, 3) as data_mb,
        case when u('roaming month', month_key) < roaming
            then 1 + cast(floor(6 * u('roaming days', month_key)) as int) else 0 end as roaming_days,
        round(activity, 4) as activity
    from scaled
    order by month_on, subscription_key
"""


def create(world: World) -> None:
    """Create `usage_months`: one row a line and month in which it was in use."""
    local, on_net, long, sms, mb = (
        by("persona", {persona: habit[number] for persona, habit in HABITS.items()}) for number in range(5)
    )
    roaming = by("persona", {"elite": 0.9, "achiever": 0.7, "young_generation": 0.35}, 0.15)
    world.con.execute(_HABITS.format(local=local, on_net=on_net, long=long, sms=sms, mb=mb, roaming=roaming))
    seasons = [f"[{', '.join(map(str, season))}][month(month_on)]" for season in (_VOICE_SEASON, _DATA_SEASON)]
    world.create("usage_months", _MONTHS.format(last=_LAST_ACTIVITY, voice=seasons[0], data=seasons[1]))
    world.con.execute("drop table habits")
