-- No host can use more CPU seconds in a half-hour than its cores have, give or take a
-- scrape at each end and a second, since counters tick and scrapes last: more means a
-- counter that was read wrongly. Gates fact_usage.
with measured as (

    select * from {{ ref('int_host_slots_measured') }}

),

slots_due as (

    select * from {{ ref('int_slots_due') }}

)

select
    measured.host,
    measured.slot_at,
    measured.cores,
    measured.busy_cpu_seconds + measured.idle_cpu_seconds as cpu_seconds
from slots_due
inner join measured on slots_due.slot_at = measured.slot_at
where
    measured.busy_cpu_seconds + measured.idle_cpu_seconds
    > measured.cores * (1800 + {{ scrape_slack_seconds() }} + 1)
