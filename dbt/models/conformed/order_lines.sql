-- One row per product on an order, as delivered. Corrections come as new deliveries
-- that supersede the old.
{{ conformed('order_lines') }}
