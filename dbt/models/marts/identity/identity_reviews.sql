-- One row per question to a steward: are these two records one person? Trap: until somebody
-- decides they are two.
select
    review_id,
    review_kind,
    left_system,
    {{ published_key('left_key') }} as left_key,
    right_system,
    {{ published_key('right_key') }} as right_key,
    evidence,
    match_weight
from {{ source('identity', 'identity_reviews') }}
