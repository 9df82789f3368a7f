select
    history.id,
    history.provider_id,
    history.provider_name,
    history.requests_percentage,
    history.requests_used,
    history.requests_available,
    history.unit,
    history.is_available,
    history.status_message,
    history.next_reset_time,
    history.fetched_at
from {{ ref('v_provider_history') }} as history
where
    history.fetched_at >= :from_ts
    and history.fetched_at < :to_ts
    and :provider in ('', history.provider_id)
order by history.fetched_at desc, history.id desc
limit :top
