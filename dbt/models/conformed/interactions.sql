-- One row per contact of a customer with the company: call, ticket, complaint, chat or look-up.
{{ conformed('interactions') }}
