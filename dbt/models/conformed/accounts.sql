-- One row per payer account of a source system.
{{ conformed('accounts') }}
