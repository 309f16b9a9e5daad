-- One row per thing that was done, chained by hashes: a row that is changed or taken out breaks the chain.
create schema if not exists ops;

create table if not exists ops.audit_log (
    event_number bigint primary key,
    occurred_at timestamp not null,
    actor varchar not null,
    event varchar not null,
    object varchar not null,
    detail varchar not null,
    previous_hash varchar not null,
    hash varchar not null
);

comment on table ops.audit_log is 'One row per thing that was done. `tenure doctor` verifies the chain.';
comment on column ops.audit_log.event_number is 'Number of the event, from 1 and without gaps.';
comment on column ops.audit_log.occurred_at is 'UTC time.';
comment on column ops.audit_log.actor is 'Who: run and its id, or the user of the operating system at the command line.';
comment on column ops.audit_log.event is 'run started | run ended | load accepted | load held | quarantine repaired | quarantine replayed | identity merge | identity split | release published | export written | retention purge | reap.';
comment on column ops.audit_log.object is 'What it was done to: an id or a file.';
comment on column ops.audit_log.detail is 'Figures and names; never a value of a row.';
comment on column ops.audit_log.previous_hash is 'Hash of the event before; empty for the first.';
comment on column ops.audit_log.hash is 'SHA-256 over all other columns of this event.';
