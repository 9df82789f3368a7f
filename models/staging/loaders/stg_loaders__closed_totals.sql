with source as (

    select * from {{ source('loaders', 'raw_closed_totals') }}

),

renamed as (

    select
        closed_total_id,
        closing_id,
        scope,
        cloud_project_name,
        machine_name,
        user_id,
        group_name,
        busy_kwh,
        idle_kwh,
        kwh_low,
        kwh_high,
        covered_kwh,
        busy_gCo2eq,
        idle_gCo2eq,
        gCo2eq_low,
        gCo2eq_high,
        hours_expected,
        hours_processed,
        status
    from source

)

select * from renamed
