-- Four cuts through the same usage must have the same sum, or one of the totals that
-- people quote is wrong. Gates fact_usage: on failure the facts stay as they were.
with usage_by_hour as (

    select * from {{ ref('int_usage_by_hour') }}

),

cuts as (

    select
        ts,
        case when scope = 'unattributed' then 'user' else scope end as cut,
        sum(busy_cpu_seconds_total) as busy_cpu_seconds_total,
        sum(idle_cpu_seconds_total) as idle_cpu_seconds_total,
        sum(busy_kwh) as busy_kwh,
        sum(idle_kwh) as idle_kwh,
        sum(busy_gCo2eq) as busy_gCo2eq,
        sum(idle_gCo2eq) as idle_gCo2eq
    from usage_by_hour
    group by ts, case when scope = 'unattributed' then 'user' else scope end

),

cut_names as (

    select distinct cut from cuts

),

hours as (

    select * from cuts
    where cut = 'ada'

)

select
    hours.ts,
    cut_names.cut
from hours
cross join cut_names
left join cuts on hours.ts = cuts.ts and cut_names.cut = cuts.cut
where
    {{ differs('cuts.busy_cpu_seconds_total', 'hours.busy_cpu_seconds_total') }}
    or {{ differs('cuts.idle_cpu_seconds_total', 'hours.idle_cpu_seconds_total') }}
    or {{ differs('cuts.busy_kwh', 'hours.busy_kwh') }}
    or {{ differs('cuts.idle_kwh', 'hours.idle_kwh') }}
    or {{ differs('cuts.busy_gCo2eq', 'hours.busy_gCo2eq') }}
    or {{ differs('cuts.idle_gCo2eq', 'hours.idle_gCo2eq') }}
