-- Question: how does each lifecycle stage do, in total and a customer?
-- Grain: one row per stage in the newest closed month.
-- Expected on the demo: customers add up to 2469; contacts, complaints and
--   satisfaction are null, as the retailer delivers none.
select
    kpis.month_on,
    kpis.stage,
    kpis.customer_count,
    kpis.entered_customers,
    kpis.left_customers,
    kpis.active_customers,
    kpis.mean_stage_days,
    kpis.revenue_amount,
    kpis.net_profit_amount,
    kpis.revenue_amount / nullif(kpis.customer_count, 0) as revenue_per_customer,
    kpis.order_count,
    kpis.usage_event_count,
    kpis.contact_count,
    kpis.complaint_count,
    kpis.satisfaction_score,
    kpis.campaign_contact_count,
    kpis.campaign_response_count
from marts.stage_kpis as kpis
where
    kpis.month_on = (
        select max(month_on) from marts.stage_kpis
        where is_closed
    )
order by kpis.stage asc;
