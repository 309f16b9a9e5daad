-- One row per source row that was kept out of raw.
create schema if not exists quarantine;

create table if not exists quarantine.bad_rows (
    load_id varchar not null,
    system varchar not null,
    extract varchar not null,
    source_file varchar not null,
    row_number bigint not null,
    rule varchar not null,
    column_name varchar,
    payload varchar,
    quarantined_at timestamp not null,
    status varchar not null default 'open',
    settled_by varchar,
    settled_at timestamp
);

comment on table quarantine.bad_rows is 'One row per source row kept out of raw. The only place that holds its values.';
comment on column quarantine.bad_rows.load_id is 'Delivery it came with: ops.loads.load_id.';
comment on column quarantine.bad_rows.system is 'Source system.';
comment on column quarantine.bad_rows.extract is 'Extract of that system.';
comment on column quarantine.bad_rows.source_file is 'Name under which the file was delivered.';
comment on column quarantine.bad_rows.row_number is 'Data row in that file, from 1, the header not counted.';
comment on column quarantine.bad_rows.rule is 'First rule that it breaks: not_null, mangled, cast, length, pattern, codes, implausible_date, json, or the reader''s word for a broken row (missing_columns, too_many_columns, unquoted_value, invalid_encoding).';
comment on column quarantine.bad_rows.column_name is 'Column that breaks it; null when the row as a whole does.';
comment on column quarantine.bad_rows.payload is 'The original: the fields as JSON text, or the line as it stands where it could not be split into fields.';
comment on column quarantine.bad_rows.quarantined_at is 'UTC time.';
comment on column quarantine.bad_rows.status is 'open | repaired (a corrected row is in raw) | replayed (the row as it was is in raw, after a change of the contract).';
comment on column quarantine.bad_rows.settled_by is 'Load that brought the row into raw: ops.loads.load_id; null while open.';
comment on column quarantine.bad_rows.settled_at is 'UTC time of that; null while open.';
