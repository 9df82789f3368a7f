select
    snapshots.provider_id,
    snapshots.raw_json,
    snapshots.http_status,
    snapshots.fetched_text as fetched_at
from {{ ref('stg_ai_usage__snapshots') }} as snapshots
inner join {{ ref('providers') }} as providers
    on snapshots.provider_id = providers.provider_id
where :provider in ('', snapshots.provider_id)
order by snapshots.fetched_at desc, snapshots.snapshot_id desc
limit :top
