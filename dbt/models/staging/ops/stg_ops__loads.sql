-- One row per load that stands at as_of: loaded, not superseded, of a business date up to
-- as_of. Trap: of a snapshot extract only the newest business date is current.
{{ loads_that("status = 'loaded' and business_on <= " ~ as_of()) }}
