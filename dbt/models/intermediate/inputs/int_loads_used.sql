-- One row per load with rows that ever was in use: the days on which its rows counted.
-- Features and labels see a row only through its load.
select
    load_id,
    raw_table,
    part,
    is_superseded,
    business_on,
    known_from_on,
    known_to_on
from {{ ref('stg_ops__load_periods') }}
where rows_loaded > 0
