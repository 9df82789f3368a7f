with machine_power as (

    select * from {{ ref('machine_power') }}

),

dated as (

    select
        nullif(machine_name, '') as machine_name,
        {{ epoch('valid_from') }} as valid_from_at,
        lead({{ epoch('valid_from') }}) over (
            partition by nullif(machine_name, '')
            order by valid_from
        ) as valid_until_at,
        busy_watts_per_core,
        busy_watts_per_core_low,
        busy_watts_per_core_high,
        idle_watts_per_core,
        idle_watts_per_core_low,
        idle_watts_per_core_high
    from machine_power

)

select * from dated
