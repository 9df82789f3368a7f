with source as (

    select * from {{ source('mongo', 'raw_mongo_workspaces') }}

),

renamed as (

    select
        document_id as workspace_document_id,
        hostname as host_spelled,
        owner as user_id,
        state,
        tag,
        created_time as created_at,
        acquired_time as acquired_at,
        deleted_time as deleted_at,
        deleted_seen_at,
        gone_at,
        users as user_ids
    from source

)

select * from renamed
