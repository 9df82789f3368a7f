with hosts as (

    select * from {{ ref('stg_mongo__hosts') }}

),

without_port as (

    select
        {{ host_without_port('host_spelled') }} as host_named,
        nullif(cloud_project_name, '') as cloud_project_name,
        nullif(machine_name, '') as machine_name
    from hosts
    where host_spelled is not null

),

addressed as (

    select
        {{ as_text(address_of_host('host_named')) }} as host,
        cloud_project_name,
        machine_name
    from without_port

),

documented as (

    select
        host,
        min(cloud_project_name) as cloud_project_name,
        min(machine_name) as machine_name
    from addressed
    group by host

)

select * from documented
