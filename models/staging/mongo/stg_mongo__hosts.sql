with source as (

    select * from {{ source('mongo', 'raw_mongo_hosts') }}

),

renamed as (

    select
        document_id as host_document_id,
        hostname as host_spelled,
        cloud_project_name,
        machine_name,
        first_seen_at,
        gone_at
    from source

)

select * from renamed
