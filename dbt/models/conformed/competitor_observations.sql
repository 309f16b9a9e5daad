-- One row per observed offer of a competitor.
{{ conformed('competitor_observations') }}
