with usage as (

    select * from {{ ref('v_machine_timeseries') }}
    where ts >= :from_ts and ts < :to_ts

),

processed_hours as (

    select * from {{ ref('v_processed_hours') }}
    where scope = 'machine' and ts >= :from_ts and ts < :to_ts

),

built as (

    select * from {{ ref('v_built_hours') }}

),

sums as (

    select
        machine_name,
        sum(busy_cpu_seconds_total) as busy_cpu_seconds_total,
        sum(idle_cpu_seconds_total) as idle_cpu_seconds_total,
        sum(idle_kwh) as idle_kwh,
        sum(busy_kwh + idle_kwh) as total_kwh
    from usage
    group by machine_name

),

hours as (

    select
        scope_name as machine_name,
        count(*) as hours_expected,
        sum(is_processed) as hours_processed
    from processed_hours
    group by scope_name

),

shares as (

    select
        sums.*,
        hours.hours_expected,
        hours.hours_processed,
        sums.busy_cpu_seconds_total
        / nullif(sums.busy_cpu_seconds_total + sums.idle_cpu_seconds_total, 0.0)
            as busy_share,
        sums.idle_kwh / nullif(sums.total_kwh, 0.0) as idle_kwh_share,
        sums.total_kwh / nullif(sum(sums.total_kwh) over (), 0.0) as share_of_kwh,
        cast(hours.hours_processed as real) / nullif(hours.hours_expected, 0)
            as coverage,
        case
            when :from_ts <> '' and :from_ts < built.first_ts then 0
            when :to_ts <> '~' and :to_ts > built.until_ts then 0
            else 1
        end as is_window_built
    from sums
    inner join hours on sums.machine_name = hours.machine_name
    cross join built

)

select * from shares
order by total_kwh desc, machine_name asc
