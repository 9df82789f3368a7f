with usage as (

    select * from {{ ref('v_scope_timeseries') }}

),

lengths as (

    select * from {{ ref('dim_window_length') }}

),

best_windows as (

    select * from {{ ref('v_best_window_of_day') }}

),

built as (

    select * from {{ ref('v_built_hours') }}

),

by_day as (

    select
        usage.scope,
        usage.scope_name,
        {{ as_text('substr(usage.ts, 1, 10)') }} as day,
        sum(usage.covered_kwh) as covered_kwh,
        sum(usage.busy_gCo2eq + usage.idle_gCo2eq) as total_gCo2eq
    from usage
    group by usage.scope, usage.scope_name, substr(usage.ts, 1, 10)

),

shifted as (

    select
        by_day.scope,
        by_day.scope_name,
        by_day.day,
        lengths.window_hours,
        best_windows.starts_at,
        best_windows.ends_at,
        by_day.covered_kwh,
        by_day.total_gCo2eq,
        best_windows.mean_gCo2eq_kwh,
        by_day.covered_kwh * best_windows.mean_gCo2eq_kwh as shifted_gCo2eq
    from by_day
    cross join lengths
    left join best_windows
        on
            by_day.day = best_windows.day
            and lengths.window_hours = best_windows.window_hours
    cross join built
    where
        by_day.day || 'T00:00:00Z' >= built.first_ts
        and by_day.day < substr(built.until_ts, 1, 10)

),

potential as (

    select
        *,
        total_gCo2eq - shifted_gCo2eq as saving_gCo2eq,
        1.0 - shifted_gCo2eq / nullif(total_gCo2eq, 0.0) as saving_share
    from shifted

)

select * from potential
