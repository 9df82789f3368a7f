with timeseries as (

    select * from {{ ref('v_machine_timeseries') }}

),

data_points as (

    select
        machine_name,
        count(*) as energy_data_points,
        avg(busy_kwh) as avg_busy_energy_kwh,
        avg(idle_kwh) as avg_idle_energy_kwh,
        count(intensity_gCo2eq_kwh) as carbon_data_points,
        avg(
            case when intensity_gCo2eq_kwh is not null then busy_gCo2eq end
        ) as avg_busy_carbon_gCo2eq,
        avg(
            case when intensity_gCo2eq_kwh is not null then idle_gCo2eq end
        ) as avg_idle_carbon_gCo2eq
    from timeseries
    group by machine_name

)

select * from data_points
