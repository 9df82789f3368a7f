{{ config(materialized='view') }}

with snapshots as (

    select * from {{ ref('stg_ai_usage__snapshots') }}

),

providers as (

    select * from {{ ref('providers') }}

),

answers as (

    select
        snapshots.snapshot_id as id,
        snapshots.provider_id,
        snapshots.raw_json,
        snapshots.http_status,
        snapshots.fetched_text as fetched_at
    from snapshots
    inner join providers on snapshots.provider_id = providers.provider_id

)

select * from answers
