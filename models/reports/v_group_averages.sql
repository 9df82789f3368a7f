with timeseries as (

    select * from {{ ref('v_user_timeseries') }}

),

users as (

    select * from {{ ref('dim_user') }}

),

user_groups as (

    select * from {{ ref('dim_group') }}

),

averages as (

    select
        user_groups.group_name,
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
    inner join users on timeseries.user_id = users.user_id
    inner join user_groups on users.group_id = user_groups.group_id
    group by user_groups.group_name

)

select * from averages
