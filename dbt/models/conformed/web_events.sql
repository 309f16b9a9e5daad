-- One row per page view or action on a website or app.
{{ conformed('web_events') }}
