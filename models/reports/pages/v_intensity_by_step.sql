with intensities as (

    select * from {{ ref('fact_intensity') }}

),

half_hours as (

    select
        intensities.ts,
        {{ known_intensity('intensities') }} as intensity_gCo2eq_kwh
    from intensities

),

steps as (

    select
        {{ as_text("'hour'") }} as step,
        13 as name_length,
        ':00:00Z' as ending
    union all
    select
        'day' as step,
        10 as name_length,
        'T00:00:00Z' as ending
    union all
    select
        'month' as step,
        7 as name_length,
        '-01T00:00:00Z' as ending

),

means as (

    select
        steps.step,
        substr(half_hours.ts, 1, steps.name_length) || steps.ending as starts_at,
        avg(half_hours.intensity_gCo2eq_kwh) as mean_gCo2eq_kwh,
        min(half_hours.intensity_gCo2eq_kwh) as lowest_gCo2eq_kwh,
        max(half_hours.intensity_gCo2eq_kwh) as highest_gCo2eq_kwh,
        count(half_hours.intensity_gCo2eq_kwh) as half_hours_known
    from half_hours
    cross join steps
    group by
        steps.step,
        substr(half_hours.ts, 1, steps.name_length) || steps.ending

),

labelled as (

    select
        means.*,
        {{ as_text(step_ends_at('means.step', 'means.starts_at')) }} as ends_at,
        {{ as_text(step_label('means.step', 'means.starts_at')) }} as label
    from means

)

select * from labelled
