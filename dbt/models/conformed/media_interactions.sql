-- One row per recorded voice or video contact; metadata only, never content.
{{ conformed('media_interactions') }}
