with potential as (

    select * from {{ ref('v_time_shift_potential') }}
    where
        scope in ('ada', 'project')
        and day || 'T00:00:00Z' >= :from_ts
        and day < substr(:to_ts, 1, 10)

),

built as (

    select * from {{ ref('v_built_hours') }}

),

sums as (

    select
        scope,
        scope_name,
        window_hours,
        count(*) as days,
        count(mean_gCo2eq_kwh) as days_known,
        sum(case when mean_gCo2eq_kwh is not null then covered_kwh end) as covered_kwh,
        sum(case when mean_gCo2eq_kwh is not null then total_gCo2eq end)
            as total_gCo2eq,
        sum(shifted_gCo2eq) as shifted_gCo2eq,
        sum(saving_gCo2eq) as saving_gCo2eq
    from potential
    group by scope, scope_name, window_hours

),

shares as (

    select
        sums.*,
        sums.saving_gCo2eq / nullif(sums.total_gCo2eq, 0.0) as saving_share,
        case
            when :from_ts <> '' and :from_ts < built.first_ts then 0
            when :to_ts <> '~' and :to_ts > built.until_ts then 0
            else 1
        end as is_window_built
    from sums
    cross join built

)

select * from shares
order by scope asc, scope_name asc, window_hours asc
