-- One row per load that stands at as_of: loaded, not superseded, of a business date up to
-- as_of. With the variable as_known: as it stood after the run of as_of, whatever was corrected
-- since. Trap: of a snapshot extract only the newest business date is current.
{% if var('as_known') -%}
{{ loads_that(
    "known_from_on <= " ~ as_of() ~ " and (known_to_on is null or known_to_on > " ~ as_of() ~ ")"
    ~ " and business_on <= " ~ as_of()
) }}
{%- else -%}
{{ loads_that("status = 'loaded' and business_on <= " ~ as_of()) }}
{%- endif %}
