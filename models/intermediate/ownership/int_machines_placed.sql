with labelled as (

    select * from {{ ref('int_host_slots_labelled') }}

),

placed as (

    select distinct
        cloud_project_name,
        machine_name,
        hour_at
    from labelled

)

select * from placed
