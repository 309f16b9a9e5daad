-- One row per cut-off and month of tenure: how many contracts were at risk of ending in the
-- year before it, and how many did. Traps: a contract is at risk in a month that it was in
-- force before; only closed months show who left.
with months as (
    select distinct month_on
    from {{ ref('customer_profit_loss') }}
    where is_closed
)

select
    {{ months_between('contracts.started_on', 'months.month_on') }} as tenure_months,
    count(*) as at_risk,
    count(case when contracts.ended_on <= last_day(months.month_on) then 1 end) as ended,
    cutoffs.cutoff_on
from {{ ref('value_cutoffs') }} as cutoffs
inner join months
    on months.month_on between {{ add_months('cutoffs.last_month_on', -11) }}
    and cutoffs.last_month_on
inner join {{ ref('contract_spans') }} as contracts
    on contracts.started_on < months.month_on
    and (contracts.ended_on is null or contracts.ended_on >= months.month_on)
group by
    cutoffs.cutoff_on,
    {{ months_between('contracts.started_on', 'months.month_on') }}
order by cutoffs.cutoff_on, tenure_months
