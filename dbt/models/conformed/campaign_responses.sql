-- One row per response of a customer to a campaign, for example one coupon redeemed on
-- one day.
{{ conformed('campaign_responses') }}
