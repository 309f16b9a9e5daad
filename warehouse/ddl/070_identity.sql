-- Who is who: what identity resolution remembers (ops) and what it said last (intermediate, read by dbt).
create schema if not exists ops;
create schema if not exists intermediate;

create table if not exists ops.customer_ids (
    source_system varchar not null,
    customer_key varchar not null,
    customer_id bigint not null,
    valid_from_on date not null,
    valid_to_on date
);

comment on table ops.customer_ids is 'One row per source record and period in which it bore a customer_id. Kept over rebuilds: its copy is identity/customer_ids.parquet. Empty where systems share one customer number.';
comment on column ops.customer_ids.source_system is 'System of the record.';
comment on column ops.customer_ids.customer_key is 'Record in its numbering.';
comment on column ops.customer_ids.customer_id is 'Our customer number.';
comment on column ops.customer_ids.valid_from_on is 'First business date with this number.';
comment on column ops.customer_ids.valid_to_on is 'First business date without it; null: it still holds.';

create table if not exists ops.identity_records (
    source_system varchar not null,
    customer_key varchar not null,
    fingerprint varchar not null
);

comment on table ops.identity_records is 'One row per source record as it was last compared. May be emptied: everything is compared again then.';
comment on column ops.identity_records.source_system is 'System of the record.';
comment on column ops.identity_records.customer_key is 'Record in its numbering.';
comment on column ops.identity_records.fingerprint is 'MD5 over what was compared, and over how common its name was.';

create table if not exists ops.identity_scores (
    left_system varchar not null,
    left_key varchar not null,
    right_system varchar not null,
    right_key varchar not null,
    match_weight double not null,
    evidence varchar not null
);

comment on table ops.identity_scores is 'One row per pair of source records that was scored above the least weight. May be emptied together with ops.identity_records.';
comment on column ops.identity_scores.left_system is 'System of the first record.';
comment on column ops.identity_scores.left_key is 'First record; left comes before right by system and key.';
comment on column ops.identity_scores.right_system is 'System of the second record.';
comment on column ops.identity_scores.right_key is 'Second record.';
comment on column ops.identity_scores.match_weight is 'Log2 of the odds that the two are one person.';
comment on column ops.identity_scores.evidence is 'How far each attribute agrees; never a value.';

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

create table if not exists intermediate.customer_id_history (
    source_system varchar not null,
    customer_key varchar not null,
    customer_id bigint not null,
    valid_from_on date not null,
    valid_to_on date
);

comment on table intermediate.customer_id_history is 'One row per source record and period, as known at the business date of the last run.';
comment on column intermediate.customer_id_history.source_system is 'System of the record.';
comment on column intermediate.customer_id_history.customer_key is 'Record in its numbering.';
comment on column intermediate.customer_id_history.customer_id is 'Our customer number in that period.';
comment on column intermediate.customer_id_history.valid_from_on is 'First business date with this number.';
comment on column intermediate.customer_id_history.valid_to_on is 'First business date without it; null: it holds.';

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
