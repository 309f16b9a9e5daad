-- One row per consent decision of a customer for one purpose and channel.
{{ conformed('consents') }}
