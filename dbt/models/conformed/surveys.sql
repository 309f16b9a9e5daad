-- One row per answer of a person to one survey question.
{{ conformed('surveys') }}
