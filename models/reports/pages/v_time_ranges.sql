with days as (

    select
        period_name as day,
        hours_expected
    from {{ ref('v_usage_history') }}
    where scope = 'ada' and period = 'day'

),

known as (

    select
        count(*) as days,
        case when count(*) < 60 then 7 else 30 end as default_days,
        {{ as_text('min(day)') }} as first_day,
        {{ as_text('max(day)') }} as last_day,
        {{ as_text(
            'coalesce(max(case when hours_expected = 24 then day end), max(day))'
        ) }} as last_whole_day
    from days

),

lengths as (

    select
        7 as range_days,
        {{ as_text("'hour'") }} as step
    union all
    select
        30 as range_days,
        'day' as step
    union all
    select
        90 as range_days,
        'day' as step
    union all
    select
        365 as range_days,
        'month' as step

),

ranges as (

    select
        lengths.range_days,
        {{ as_text("'last ' || lengths.range_days || ' days'") }} as range_name,
        {{ as_text(
            'substr('
            ~ iso(epoch('known.last_whole_day') ~ ' - (lengths.range_days - 1) * 86400')
            ~ ', 1, 10)'
        ) }} as from_day,
        known.last_whole_day as to_day,
        lengths.step,
        case when lengths.range_days = known.default_days then 1 else 0 end
            as is_default
    from lengths
    cross join known
    where known.days > 0
    union all
    select
        null as range_days,
        'all' as range_name,
        first_day as from_day,
        last_day as to_day,
        case when days > 92 then 'month' else 'day' end as step,
        0 as is_default
    from known
    where days > 0

)

select * from ranges
