-- One row per rated usage event: call, message or data session.
{{ conformed('usage_events') }}
