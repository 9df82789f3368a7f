with timeseries as (

    select * from {{ ref('v_project_timeseries') }}

),

averages as (

    select
        timeseries.cloud_project_name,
        avg(timeseries.busy_kwh) as avg_busy_energy_kwh,
        avg(timeseries.idle_kwh) as avg_idle_energy_kwh,
        avg(
            case
                when timeseries.intensity_gCo2eq_kwh is not null
                    then timeseries.busy_gCo2eq
            end
        ) as avg_busy_carbon_gCo2eq,
        avg(
            case
                when timeseries.intensity_gCo2eq_kwh is not null
                    then timeseries.idle_gCo2eq
            end
        ) as avg_idle_carbon_gCo2eq,
        avg(
            case
                when timeseries.busy_kwh + timeseries.idle_kwh > 0
                    then timeseries.intensity_gCo2eq_kwh
            end
        ) as avg_intensity_gCo2eq_kwh,
        {{ weighted_intensity('timeseries') }} as weighted_intensity_gCo2eq_kwh
    from timeseries
    group by timeseries.cloud_project_name

)

select * from averages
