-- One row per price element of a plan that is valid in a period.
{{ conformed('plan_rates') }}
