-- One row per contact of a customer with the company: call, ticket, complaint or chat.
{{ conformed('interactions') }}
