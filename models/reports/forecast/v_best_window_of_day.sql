with intensities as (

    select * from {{ ref('fact_intensity') }}

),

lengths as (

    select * from {{ ref('dim_window_length') }}

),

half_hours as (

    select
        {{ as_text('substr(intensities.ts, 1, 10)') }} as day,
        {{ epoch('intensities.ts') }} as slot_at,
        {{ known_intensity('intensities') }} as intensity_gCo2eq_kwh
    from intensities

),

whole_days as (

    select
        day,
        avg(intensity_gCo2eq_kwh) as mean_of_day_gCo2eq_kwh
    from half_hours
    group by day
    having count(intensity_gCo2eq_kwh) = 48

),

windows as (

    {{ whole_windows('half_hours', 'day', 'lengths') }}

),

ranked as (

    select
        *,
        row_number() over (
            partition by day, window_hours
            order by mean_gCo2eq_kwh asc, slot_at asc
        ) as place
    from windows

),

best as (

    select
        ranked.day,
        ranked.window_hours,
        {{ as_text(iso('ranked.slot_at')) }} as starts_at,
        {{ as_text(iso('ranked.slot_at + ranked.window_hours * 3600')) }} as ends_at,
        ranked.mean_gCo2eq_kwh,
        whole_days.mean_of_day_gCo2eq_kwh
    from ranked
    inner join whole_days on ranked.day = whole_days.day
    where ranked.place = 1

)

select * from best
