-- One row per charge on an invoice.
{{ conformed('invoice_lines') }}
