-- One row per payment or refund.
{{ conformed('payments') }}
