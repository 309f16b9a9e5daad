-- One row per request of a person about their own data.
{{ conformed('privacy_requests') }}
