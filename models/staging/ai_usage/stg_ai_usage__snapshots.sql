with source as (

    select * from {{ source('ai_usage', 'raw_snapshots') }}

),

renamed as (

    select
        id as snapshot_id,
        provider_id,
        http_status,
        fetched_at as fetched_text,
        {{ as_text(
            "case when " ~ json_is_valid('raw_json') ~ " then raw_json else '{}' end"
        ) }} as raw_json,
        {{ as_integer(epoch('fetched_at')) }} as fetched_at
    from source

)

select * from renamed
