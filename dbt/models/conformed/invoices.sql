-- One row per invoice.
{{ conformed('invoices') }}
