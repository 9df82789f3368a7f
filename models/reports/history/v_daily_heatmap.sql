with history as (

    select
        *,
        coalesce(
            nullif(busy_kwh + idle_kwh, 0.0), case coverage when 1.0 then 0.0 end
        ) as kwh
    from {{ ref('v_usage_history') }}
    where period = 'day' and scope in ('ada', 'project')

),

hours as (

    select * from {{ ref('v_period_hours') }}
    where period = 'year' and scope in ('ada', 'project')

),

days as (

    {{ spine(
        "(select " ~ epoch("min(period_name) || '-01-01'") ~ " from hours)",
        "(select " ~ epoch("max(period_name) || '-12-31'") ~ " from hours)",
        86400,
    ) }}

),

named_days as (

    select
        {{ as_text('substr(' ~ iso('slot_at') ~ ', 1, 10)') }} as day,
        {{ as_integer('(slot_at + 3 * 86400) % (7 * 86400) / 86400') }} + 1 as weekday,
        {{ as_text(
            'substr('
            ~ iso('slot_at - (slot_at + 3 * 86400) % (7 * 86400)')
            ~ ', 1, 10)'
        ) }} as week_starts_on
    from days

),

calendar as (

    select
        hours.scope,
        hours.scope_name,
        hours.period_name as year,
        named_days.day,
        named_days.weekday,
        named_days.week_starts_on
    from hours
    inner join named_days on hours.period_name = substr(named_days.day, 1, 4)

),

heatmap as (

    select
        calendar.*,
        history.coverage,
        history.status,
        history.weighted_gCo2eq_kwh,
        history.kwh,
        case when history.kwh is not null then history.covered_kwh end as covered_kwh,
        {{ covered_carbon(
            'history.busy_gCo2eq + history.idle_gCo2eq',
            'history.kwh', 'history.covered_kwh'
        ) }} as gCo2eq
    from calendar
    left join history
        on
            calendar.scope = history.scope
            and calendar.scope_name = history.scope_name
            and calendar.day = history.period_name

)

select * from heatmap
