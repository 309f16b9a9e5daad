-- Who is who: what identity resolution remembers (ops) and what it said last (intermediate, read by dbt).
create schema if not exists ops;
create schema if not exists intermediate;

create table if not exists ops.customer_ids (
    source_system varchar not null,
    customer_key varchar not null,
    key_hash ubigint not null,
    customer_id bigint not null,
    valid_from_on date not null,
    valid_to_on date
);

comment on table ops.customer_ids is 'One row per source record and period in which it bore a customer_id. Kept over rebuilds: its copy is below identity/ids. Empty where systems share one customer number.';
comment on column ops.customer_ids.source_system is 'System of the record.';
comment on column ops.customer_ids.customer_key is 'Record in its numbering.';
comment on column ops.customer_ids.key_hash is 'md5_number_lower(source_system || ''|'' || customer_key): what records are looked up by.';
comment on column ops.customer_ids.customer_id is 'Our customer number.';
comment on column ops.customer_ids.valid_from_on is 'First business date with this number.';
comment on column ops.customer_ids.valid_to_on is 'First business date without it; null: it still holds. Equal to valid_from_on: the first id of the record, replaced on the same date.';

create table if not exists ops.identity_state (
    as_of_on date not null,
    copies bigint not null
);

comment on table ops.identity_state is 'One row: the last resolution.';
comment on column ops.identity_state.as_of_on is 'Its business date.';
comment on column ops.identity_state.copies is 'Files below identity/ids that are valid; a later one was written by a run that did not end.';

create table if not exists ops.identity_records (
    record_no bigint not null,
    source_system varchar not null,
    customer_key varchar not null,
    key_hash ubigint not null,
    record_kind varchar not null,
    registered_on date,
    dated_on date,
    content_hash ubigint not null,
    name_hash ubigint,
    document_hash ubigint,
    email_hash ubigint,
    phone_hash ubigint,
    login_hash ubigint,
    address_hash ubigint,
    merged_hash ubigint,
    name_born_hash ubigint,
    name_place_hash ubigint,
    enquiry_hash ubigint,
    bearers bigint,
    total bigint not null,
    is_document_shared boolean not null,
    is_email_shared boolean not null,
    is_phone_shared boolean not null,
    is_address_shared boolean not null
);

comment on table ops.identity_records is 'One row per source record as it was last compared: hashes, no values. May be emptied: everything is compared again then.';
comment on column ops.identity_records.record_no is 'Number of the record in ops.identity_edges.';
comment on column ops.identity_records.source_system is 'System of the record.';
comment on column ops.identity_records.customer_key is 'Record in its numbering.';
comment on column ops.identity_records.key_hash is 'As in ops.customer_ids.';
comment on column ops.identity_records.record_kind is 'customer | prospect | login.';
comment on column ops.identity_records.registered_on is 'Day on which the record was opened; null: not told.';
comment on column ops.identity_records.dated_on is 'Day of joining, or of the enquiry; null: not told.';
comment on column ops.identity_records.content_hash is 'Over everything that is compared.';
comment on column ops.identity_records.name_hash is 'Over the full name; null: not told. So for the columns that follow.';
comment on column ops.identity_records.document_hash is 'Over the ID number.';
comment on column ops.identity_records.email_hash is 'Over the e-mail address.';
comment on column ops.identity_records.phone_hash is 'Over the phone number.';
comment on column ops.identity_records.login_hash is 'Over the login, of a customer record over what stands before the @.';
comment on column ops.identity_records.address_hash is 'Over the address.';
comment on column ops.identity_records.merged_hash is 'Over the record that the system merged it into.';
comment on column ops.identity_records.name_born_hash is 'Over name and birth date.';
comment on column ops.identity_records.name_place_hash is 'Over name and district.';
comment on column ops.identity_records.enquiry_hash is 'Over surname, district and gender.';
comment on column ops.identity_records.bearers is 'Records with that name, as a power of two; null: no name.';
comment on column ops.identity_records.total is 'Records that are compared, as a power of two.';
comment on column ops.identity_records.is_document_shared is 'True = so many customer records bear the ID number that it links nobody.';
comment on column ops.identity_records.is_email_shared is 'The same of the e-mail address.';
comment on column ops.identity_records.is_phone_shared is 'The same of the phone number.';
comment on column ops.identity_records.is_address_shared is 'The same of the address.';

create table if not exists ops.identity_edges (
    left_no bigint not null,
    right_no bigint not null,
    reason varchar not null,
    match_weight double not null,
    evidence varchar not null
);

comment on table ops.identity_edges is 'One row per pair of source records and rule that ties them, or score above the least weight. Emptied together with ops.identity_records.';
comment on column ops.identity_edges.left_no is 'ops.identity_records.record_no of the one.';
comment on column ops.identity_edges.right_no is 'Of the other; the higher number.';
comment on column ops.identity_edges.reason is 'The rule, or scored.';
comment on column ops.identity_edges.match_weight is 'Log2 of the odds that the two are one person.';
comment on column ops.identity_edges.evidence is 'How far each attribute agrees, or how often the rule held; never a value.';

create table if not exists ops.identity_statements (
    settings_hash varchar not null,
    step bigint not null,
    table_name varchar not null,
    statement varchar not null
);

comment on table ops.identity_statements is 'One row per step in which pairs of records are found and scored: the SQL that Splink wrote for the settings of the last resolution. May be emptied: it is written again then.';
comment on column ops.identity_statements.settings_hash is 'Over the settings and the version of Splink.';
comment on column ops.identity_statements.step is 'Steps run in this order, from 0.';
comment on column ops.identity_statements.table_name is 'Table that the step makes, gone after the resolution.';
comment on column ops.identity_statements.statement is 'The query that makes it.';

create table if not exists intermediate.customer_xref (
    source_system varchar not null,
    customer_key varchar not null,
    customer_id bigint not null,
    record_kind varchar not null,
    reason varchar not null,
    record_count bigint not null,
    is_customer boolean not null
);

comment on table intermediate.customer_xref is 'One row per source record at the business date of the last run: whose it is.';
comment on column intermediate.customer_xref.source_system is 'System of the record.';
comment on column intermediate.customer_xref.customer_key is 'Record in its numbering.';
comment on column intermediate.customer_xref.customer_id is 'Our number of the person.';
comment on column intermediate.customer_xref.record_kind is 'customer | prospect | login.';
comment on column intermediate.customer_xref.reason is 'Strongest link that ties the record to the others of the person; single: there is no other.';
comment on column intermediate.customer_xref.record_count is 'Records of the person.';
comment on column intermediate.customer_xref.is_customer is 'True = one of the records of the person is a customer record.';

create table if not exists intermediate.customer_redirects (
    retired_customer_id bigint not null,
    customer_id bigint not null,
    record_count bigint not null,
    retired_on date not null
);

comment on table intermediate.customer_redirects is 'One row per customer_id that no record bears any more.';
comment on column intermediate.customer_redirects.retired_customer_id is 'The number of before.';
comment on column intermediate.customer_redirects.customer_id is 'The number that most of its last records bear now.';
comment on column intermediate.customer_redirects.record_count is 'How many of them do.';
comment on column intermediate.customer_redirects.retired_on is 'First business date without it.';

create table if not exists intermediate.identity_links (
    left_system varchar not null,
    left_key varchar not null,
    right_system varchar not null,
    right_key varchar not null,
    reason varchar not null,
    evidence varchar not null,
    match_weight double,
    is_used boolean not null
);

comment on table intermediate.identity_links is 'One row per pair of source records and reason to take them for one person.';
comment on column intermediate.identity_links.left_system is 'System of the first record.';
comment on column intermediate.identity_links.left_key is 'First record; left comes before right by system and key.';
comment on column intermediate.identity_links.right_system is 'System of the second record.';
comment on column intermediate.identity_links.right_key is 'Second record.';
comment on column intermediate.identity_links.reason is 'Rule, scored, or steward.';
comment on column intermediate.identity_links.evidence is 'How far each attribute agrees, or how often the rule held; never a value.';
comment on column intermediate.identity_links.match_weight is 'Log2 of the odds that the two are one person; null: not scored.';
comment on column intermediate.identity_links.is_used is 'True = both records bear one customer_id.';

create table if not exists intermediate.identity_reviews (
    review_id varchar not null,
    review_kind varchar not null,
    left_system varchar not null,
    left_key varchar not null,
    right_system varchar not null,
    right_key varchar not null,
    evidence varchar not null,
    match_weight double
);

comment on table intermediate.identity_reviews is 'One row per question to a steward.';
comment on column intermediate.identity_reviews.review_id is 'Twelve hex digits over the pair: the same in every run.';
comment on column intermediate.identity_reviews.review_kind is 'uncertain (too likely to pass over, not likely enough to link) | ambiguous (several people are about as likely) | too_many (would tie more records than one person has).';
comment on column intermediate.identity_reviews.left_system is 'System of the first record.';
comment on column intermediate.identity_reviews.left_key is 'First record.';
comment on column intermediate.identity_reviews.right_system is 'System of the second record.';
comment on column intermediate.identity_reviews.right_key is 'Second record.';
comment on column intermediate.identity_reviews.evidence is 'How far each attribute agrees; never a value.';
comment on column intermediate.identity_reviews.match_weight is 'Log2 of the odds that the two are one person; null: not scored.';
