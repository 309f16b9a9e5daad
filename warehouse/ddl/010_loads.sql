-- One row per delivery of an extract: the ledger of what came in and what became of it.
create schema if not exists ops;

create table if not exists ops.loads (
    load_id varchar primary key,
    system varchar not null,
    extract varchar not null,
    file varchar not null,
    sha256 varchar not null,
    business_on date not null,
    part varchar not null default '',
    version integer not null,
    load_mode varchar not null,
    status varchar not null,
    reason varchar,
    rows_in bigint not null,
    rows_loaded bigint not null,
    rows_quarantined bigint not null,
    bytes bigint not null,
    run_id varchar not null,
    loaded_at timestamp not null,
    checked_at timestamp,
    superseded_by varchar,
    file_modified_at timestamp not null,
    known_from_on date,
    known_to_on date,
    notes varchar,
    accepted_reason varchar,
    control_rows bigint,
    control_sums varchar,
    repairs_load_id varchar
);

comment on table ops.loads is 'One row per delivery of an extract, and one per return of rows from quarantine. For every row: rows_in = rows_loaded + rows_quarantined. Rows that a repair brought back are counted in both: leave repairs out of sums of rows_in.';
comment on column ops.loads.load_id is '16 hex digits from system, extract, business date, part, version and contents: the same in every rebuild.';
comment on column ops.loads.system is 'Source system: the folder below the inbox.';
comment on column ops.loads.extract is 'Extract of that system, as its contract names it.';
comment on column ops.loads.file is 'Name under which the file was delivered.';
comment on column ops.loads.sha256 is 'SHA-256 of the delivered bytes; the name of the copy in the landing folder.';
comment on column ops.loads.business_on is 'Business date in the name of the file.';
comment on column ops.loads.part is 'Part of the business date in the name of the file: an hour or a sequence number. Empty where a day is one file.';
comment on column ops.loads.version is 'Number of the delivery for this extract, business date and part, from 1.';
comment on column ops.loads.load_mode is 'append: each file adds rows; snapshot: each file is the whole state; upsert: rows replace rows of their key; cdc: rows are changes in order of a sequence.';
comment on column ops.loads.status is 'loaded | duplicate (same contents again, no row added) | held (readable, not acceptable) | rejected (not readable) | superseded (a later delivery took its place).';
comment on column ops.loads.reason is 'Why a file is held, rejected or a duplicate, in words and without values; null otherwise.';
comment on column ops.loads.rows_in is 'Data rows in the file; 0 for duplicates and for files whose rows were not counted.';
comment on column ops.loads.rows_loaded is 'Rows of it in the raw table; 0 for a file that was held while loading.';
comment on column ops.loads.rows_quarantined is 'Rows kept out of raw: the rows of quarantine.bad_rows, or all rows of a file held for having too many.';
comment on column ops.loads.bytes is 'Size of the delivered file.';
comment on column ops.loads.run_id is 'Run that loaded it.';
comment on column ops.loads.loaded_at is 'UTC time at which that run loaded it.';
comment on column ops.loads.checked_at is 'UTC time at which the blocking checks on raw passed; null until then.';
comment on column ops.loads.superseded_by is 'load_id of the delivery that took its place.';
comment on column ops.loads.file_modified_at is 'UTC modification time of the delivered file: tells a file left over by a killed run from a second delivery.';
comment on column ops.loads.repairs_load_id is 'load_id of the delivery whose quarantined rows this load brings back; null for a delivery. Its part is that of the delivery, a ~ and the number of the repair.';
comment on column ops.loads.known_from_on is 'Business date of the run from which on its rows were in use; null if they never were.';
comment on column ops.loads.known_to_on is 'Business date of the run from which on they were not any more; null while they are. On the day itself they are out of use.';
comment on column ops.loads.notes is 'What is worth knowing of a file that loaded nevertheless: columns that its contract does not know or that it lacks; null for nothing.';
comment on column ops.loads.accepted_reason is 'Why a steward accepted it although it was held; null where nobody had to.';
comment on column ops.loads.control_rows is 'Rows according to its control file; null without one.';
comment on column ops.loads.control_sums is 'Sums according to its control file, as JSON text by column, each sum as text; null without any.';
