-- Question: what should be done next, for how many customers?
-- Grain: one row per stage and next best action.
-- Expected on the demo: cross_sell for 1091 stable customers comes first.
select
    actions.lifecycle_stage,
    actions.next_action_code,
    any_value(playbook.action_name_en) as action_name_en,
    count(distinct actions.customer_id) as customers
from marts.customer_stage_actions as actions
inner join marts.stage_playbook as playbook
    on
        actions.next_action_code = playbook.next_action_code
        and actions.lifecycle_stage = playbook.stage
group by all
order by customers desc, actions.lifecycle_stage asc, actions.next_action_code asc;
