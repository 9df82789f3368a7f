-- What was measured on hosts is what is charged to scopes: a join that drops or doubles
-- a row on the way would go unseen, since all four cuts would share the fault. Gates
-- fact_usage.
with measured as (

    select * from {{ ref('int_host_slots_measured') }}

),

slots_due as (

    select * from {{ ref('int_slots_due') }}

),

usage_by_hour as (

    select * from {{ ref('int_usage_by_hour') }}
    where scope = 'ada'

),

measured_hours as (

    select
        {{ iso('measured.hour_at') }} as ts,
        sum(measured.busy_cpu_seconds) as busy_cpu_seconds,
        sum(measured.idle_cpu_seconds) as idle_cpu_seconds
    from slots_due
    inner join measured on slots_due.slot_at = measured.slot_at
    where measured.busy_cpu_seconds is not null
    group by measured.hour_at

)

select measured_hours.ts
from measured_hours
left join usage_by_hour on measured_hours.ts = usage_by_hour.ts
where
    {{ differs(
        'usage_by_hour.busy_cpu_seconds_total', 'measured_hours.busy_cpu_seconds'
    ) }}
    or {{ differs(
        'usage_by_hour.idle_cpu_seconds_total', 'measured_hours.idle_cpu_seconds'
    ) }}
