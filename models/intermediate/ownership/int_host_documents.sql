with hosts as (

    select * from {{ ref('stg_mongo__hosts') }}

),

without_port as (

    select
        *,
        {{ host_without_port('host_spelled') }} as host_named
    from hosts
    where
        host_spelled is not null
        and coalesce(cloud_project_name, '') || coalesce(machine_name, '') <> ''

),

addressed as (

    select
        host_document_id,
        {{ as_text(address_of_host('host_named')) }} as host,
        nullif(cloud_project_name, '') as cloud_project_name,
        nullif(machine_name, '') as machine_name,
        first_seen_at,
        gone_at
    from without_port

),

dated as (

    select
        host_document_id,
        host,
        cloud_project_name,
        machine_name,
        first_seen_at,
        {{ as_integer(
            'case when first_seen_at = min(first_seen_at) over (partition by host)'
            ~ ' then 0 else ' ~ slot_of('first_seen_at') ~ ' end'
        ) }} as documented_from,
        {{ as_integer(slot_of('(gone_at + 1799)')) }} as documented_until
    from addressed

)

select * from dated
