with timeseries as (

    select * from {{ ref('v_machine_timeseries') }}

),

averages as (

    select
        machine_name,
        avg(busy_kwh) as avg_busy_energy_kwh,
        avg(idle_kwh) as avg_idle_energy_kwh,
        avg(
            case when intensity_gCo2eq_kwh is not null then busy_gCo2eq end
        ) as avg_busy_carbon_gCo2eq,
        avg(
            case when intensity_gCo2eq_kwh is not null then idle_gCo2eq end
        ) as avg_idle_carbon_gCo2eq,
        avg(
            case when busy_kwh + idle_kwh > 0 then intensity_gCo2eq_kwh end
        ) as avg_intensity_gCo2eq_kwh
    from timeseries
    group by machine_name

)

select * from averages
