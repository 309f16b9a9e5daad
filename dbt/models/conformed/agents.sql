-- One row per service or sales agent of a source system.
{{ conformed('agents') }}
