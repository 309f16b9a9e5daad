-- One row per customer whom a campaign targeted and delivery that ever was in use.
-- Trap: versions of a record and of a file stand side by side; int_loads_used says which
-- counted when.
{{ delivered_rows('campaign_contacts') }}
