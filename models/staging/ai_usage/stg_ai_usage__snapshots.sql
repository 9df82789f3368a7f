with source as (

    select * from {{ source('ai_usage', 'raw_snapshots') }}

),

renamed as (

    select
        id as snapshot_id,
        provider_id,
        raw_json,
        http_status,
        fetched_at as fetched_text,
        {{ as_integer(epoch('fetched_at')) }} as fetched_at
    from source

)

select * from renamed
