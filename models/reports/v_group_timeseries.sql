with usage as (

    select * from {{ ref('v_user_timeseries') }}

),

users as (

    select * from {{ ref('dim_user') }}

),

user_groups as (

    select * from {{ ref('dim_group') }}

),

summed as (

    select
        user_groups.group_name,
        usage.ts,
        {{ usage_sums('usage') }},
        avg(usage.intensity_gCo2eq_kwh) as mean_intensity_gCo2eq_kwh,
        min(usage.intensity_origin) as first_origin,
        max(usage.intensity_origin) as last_origin,
        max(usage.has_lost_scrapes) as has_lost_scrapes,
        max(
            case
                when
                    usage.intensity_gCo2eq_kwh is null
                    and usage.busy_kwh + usage.idle_kwh > 0
                    then 1
                else 0
            end
        ) as lacks_intensity
    from usage
    inner join users on usage.user_id = users.user_id
    inner join user_groups on users.group_id = user_groups.group_id
    group by user_groups.group_name, usage.ts

),

weighted as (

    select
        *,
        case
            when first_origin = last_origin then first_origin
            when first_origin is not null then 'mixed'
        end as intensity_origin,
        {{ as_real(
            "case when lacks_intensity = 1 then null"
            ~ " when busy_kwh + idle_kwh > 0"
            ~ " then (busy_gCo2eq + idle_gCo2eq) / (busy_kwh + idle_kwh)"
            ~ " else mean_intensity_gCo2eq_kwh end"
        ) }} as intensity_gCo2eq_kwh
    from summed

),

timeseries as (

    select
        weighted.group_name,
        weighted.ts,
        {{ usage_columns('weighted') }}
    from weighted

)

select * from timeseries
