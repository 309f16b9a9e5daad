-- One row per rated usage record: a call, message or data session, or several of one kind.
{{ conformed('usage_events') }}
