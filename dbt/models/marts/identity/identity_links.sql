-- One row per pair of source records and reason to take them for one person. Trap: a link that
-- is not used was let go: it would have tied too many, or several people were as likely.
select
    left_system,
    {{ published_key('left_key') }} as left_key,
    right_system,
    {{ published_key('right_key') }} as right_key,
    reason,
    evidence,
    match_weight,
    is_used
from {{ source('identity', 'identity_links') }}
