-- One row per release and one row per exported file.
create schema if not exists ops;

create table if not exists ops.releases (
    release_id varchar not null,
    as_of_on date not null,
    run_id varchar not null,
    published_at timestamp not null,
    bytes bigint not null,
    content_hash varchar not null
);

comment on table ops.releases is 'One row per published release.';
comment on column ops.releases.release_id is 'Id of the release.';
comment on column ops.releases.as_of_on is 'Business date it shows.';
comment on column ops.releases.run_id is 'Run that published it.';
comment on column ops.releases.published_at is 'UTC time.';
comment on column ops.releases.bytes is 'Size of the published file.';
comment on column ops.releases.content_hash is 'Hash over the contents of its tables; equal contents, equal hash.';

create table if not exists ops.exports (
    export_id varchar primary key,
    file varchar not null,
    sha256 varchar not null,
    rows bigint not null,
    as_of_on date not null,
    exported_at timestamp not null
);

comment on table ops.exports is 'One row per exported file; the key keeps anything from being sent twice.';
comment on column ops.exports.export_id is 'Audience and business date: the key of the export.';
comment on column ops.exports.file is 'Path below the exports folder.';
comment on column ops.exports.sha256 is 'SHA-256 of the file.';
comment on column ops.exports.rows is 'Data rows in it.';
comment on column ops.exports.as_of_on is 'Business date it shows.';
comment on column ops.exports.exported_at is 'UTC time.';
