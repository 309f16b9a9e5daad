-- One row per piece of free-text feedback.
{{ conformed('feedback') }}
