-- Question: which campaigns did targeted customers respond to?
-- Grain: one row per campaign; customers of several campaigns count in each.
-- Expected on the demo: 27 rows; campaign 18 first with a response of 18.9 % (214
--   of 1133).
select
    campaign_id,
    campaign_type,
    starts_on,
    ends_on,
    targeted_customers,
    responding_customers,
    response_share,
    redemption_count
from marts.campaign_results
order by response_share desc nulls last, campaign_id asc;
