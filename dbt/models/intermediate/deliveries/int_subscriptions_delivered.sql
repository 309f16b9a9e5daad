{{ config(
    enabled=(systems_feeding('subscriptions') + systems_feeding('usage_events')) | length > 0,
) }}
-- One row per line under one plan and period and delivery that ever was in use.
-- Trap: versions of a record and of a file stand side by side; int_loads_used says which
-- counted when.
{{ delivered_rows('subscriptions') }}
