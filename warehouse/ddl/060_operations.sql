-- What the house knows about its own work: figures per delivery and stage, runs, sources, storage.
create schema if not exists ops;

create table if not exists ops.reconciliation (
    system varchar not null,
    extract varchar not null,
    business_on date not null,
    part varchar not null,
    measure varchar not null,
    load_id varchar not null,
    at_source decimal(38, 6),
    in_ledger decimal(38, 6),
    in_raw decimal(38, 6),
    in_quarantine decimal(38, 6),
    in_conformed decimal(38, 6),
    first_difference varchar,
    reconciled_at timestamp not null
);

comment on table ops.reconciliation is 'One row per delivery in use and measure: the same figure at each stage, and the first stage at which it differs.';
comment on column ops.reconciliation.system is 'Source system.';
comment on column ops.reconciliation.extract is 'Extract of that system.';
comment on column ops.reconciliation.business_on is 'Business date of the delivery.';
comment on column ops.reconciliation.part is 'Part of the business date; ~n is the nth return of rows from its quarantine.';
comment on column ops.reconciliation.measure is 'rows, or a column that the contract names under measures: its sum, in the unit of that column.';
comment on column ops.reconciliation.load_id is 'Delivery: ops.loads.load_id.';
comment on column ops.reconciliation.at_source is 'According to its control file; rows without one: counted in the delivered file; null: not told.';
comment on column ops.reconciliation.in_ledger is 'rows: ops.loads.rows_in; a sum: as first booked from raw.';
comment on column ops.reconciliation.in_raw is 'In the raw table.';
comment on column ops.reconciliation.in_quarantine is 'Rows kept out of raw; null for sums, since a bad row may have no figure.';
comment on column ops.reconciliation.in_conformed is 'In the conformed entity; null where the delivery feeds none one to one.';
comment on column ops.reconciliation.first_difference is 'ledger (differs from the source) | raw (differs from the ledger) | conformed (differs from raw); null: all agree.';
comment on column ops.reconciliation.reconciled_at is 'UTC time.';

create table if not exists ops.run_health (
    run_id varchar primary key,
    job varchar not null,
    as_of_on date,
    started_at timestamp,
    ended_at timestamp,
    status varchar not null,
    seconds double,
    steps integer not null,
    failures integer not null
);

comment on table ops.run_health is 'One row per run, as Dagster recorded it.';
comment on column ops.run_health.run_id is 'Run.';
comment on column ops.run_health.job is 'Job of Dagster.';
comment on column ops.run_health.as_of_on is 'Business date; null for jobs without one.';
comment on column ops.run_health.started_at is 'UTC time; null: not started.';
comment on column ops.run_health.ended_at is 'UTC time; null: not ended when this was written.';
comment on column ops.run_health.status is 'Dagster''s word in lower case: success | failure | canceled | started | ...';
comment on column ops.run_health.seconds is 'From start to end.';
comment on column ops.run_health.steps is 'Steps that succeeded or failed.';
comment on column ops.run_health.failures is 'Steps that failed.';

create table if not exists ops.source_inventory (
    system varchar not null,
    extract varchar not null,
    owner varchar not null,
    load_mode varchar not null,
    cadence_days integer,
    last_business_on date,
    last_loaded_at timestamp,
    deliveries bigint not null,
    rows_loaded bigint not null,
    days_silent integer,
    is_late boolean not null
);

comment on table ops.source_inventory is 'One row per extract that a contract describes.';
comment on column ops.source_inventory.system is 'Source system.';
comment on column ops.source_inventory.extract is 'Extract of that system.';
comment on column ops.source_inventory.owner is 'Who answers for the deliveries.';
comment on column ops.source_inventory.load_mode is 'What a file means: the contract''s load_mode.';
comment on column ops.source_inventory.cadence_days is 'Most days between two deliveries (freshness_days); null: not agreed.';
comment on column ops.source_inventory.last_business_on is 'Latest business date in use; null: nothing yet.';
comment on column ops.source_inventory.last_loaded_at is 'UTC time of the latest load; null: nothing yet.';
comment on column ops.source_inventory.deliveries is 'Deliveries in use.';
comment on column ops.source_inventory.rows_loaded is 'Their rows in raw.';
comment on column ops.source_inventory.days_silent is 'Days from the latest business date to that of the run; null: nothing yet.';
comment on column ops.source_inventory.is_late is 'Silent for longer than agreed.';

create table if not exists ops.storage (
    place varchar not null,
    kind varchar not null,
    bytes bigint,
    files bigint,
    rows bigint,
    retention varchar not null,
    next_purge_on date
);

comment on table ops.storage is 'One row per folder of the home, landing by system, and one per schema of the database.';
comment on column ops.storage.place is 'Folder below the home, or catalog.schema.';
comment on column ops.storage.kind is 'folder | schema.';
comment on column ops.storage.bytes is 'Bytes on disk; null for a schema: DuckDB keeps no size of it.';
comment on column ops.storage.files is 'Files; null for a schema.';
comment on column ops.storage.rows is 'Rows of its tables; null for a folder.';
comment on column ops.storage.retention is 'What removes something here, and when.';
comment on column ops.storage.next_purge_on is 'Business date on which the oldest file passes its retention; null: nothing is removed by age.';
