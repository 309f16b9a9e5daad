-- One row per unit of the company.
{{ conformed('org_units') }}
