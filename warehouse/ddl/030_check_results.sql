-- One row per check and run: Great Expectations, dbt tests and Dagster checks alike.
create schema if not exists ops;

create table if not exists ops.check_results (
    run_id varchar not null,
    as_of_on date not null,
    asset varchar not null,
    suite varchar,
    check_id varchar not null,
    engine varchar not null,
    dimension varchar,
    severity varchar not null,
    on_fail varchar,
    status varchar not null,
    rows_checked bigint,
    rows_failed bigint,
    observed varchar,
    sample_query varchar,
    owner varchar,
    capability varchar,
    checked_at timestamp not null
);

comment on table ops.check_results is 'One row per check and run.';
comment on column ops.check_results.run_id is 'Run that checked.';
comment on column ops.check_results.as_of_on is 'Business date of that run.';
comment on column ops.check_results.asset is 'Table checked, as schema.table.';
comment on column ops.check_results.suite is 'Suite or dbt package the check belongs to.';
comment on column ops.check_results.check_id is 'Id of the rule, stable over runs.';
comment on column ops.check_results.engine is 'great_expectations | dbt | dagster.';
comment on column ops.check_results.dimension is 'Quality dimension, for example completeness or validity.';
comment on column ops.check_results.severity is 'critical | warning | info.';
comment on column ops.check_results.on_fail is 'block | quarantine | report.';
comment on column ops.check_results.status is 'passed | failed | error (the check itself could not run).';
comment on column ops.check_results.rows_checked is 'Rows looked at; null where the check is not about rows.';
comment on column ops.check_results.rows_failed is 'Rows that fail; null where the check is not about rows.';
comment on column ops.check_results.observed is 'Observed figure as text; never a value of a personal column.';
comment on column ops.check_results.sample_query is 'SQL that shows the failing rows.';
comment on column ops.check_results.owner is 'Who answers for the rule.';
comment on column ops.check_results.capability is 'Business capability the rule protects.';
comment on column ops.check_results.checked_at is 'UTC time.';
