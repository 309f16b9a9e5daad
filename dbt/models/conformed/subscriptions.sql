-- One row per line or service in use under one plan and period.
{{ conformed('subscriptions') }}
