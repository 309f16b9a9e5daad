-- One row per unit cost that is valid in a period.
{{ conformed('cost_rates') }}
