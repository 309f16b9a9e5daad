-- One row per published figure about a market and period.
{{ conformed('market_indicators') }}
