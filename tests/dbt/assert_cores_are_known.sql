-- Without a number of cores, neither at the end of a half-hour nor at its start, nobody
-- can say whether its CPU seconds are plausible. Warns, as they may well be right.
{{ config(severity='warn') }}

with measured as (

    select * from {{ ref('int_host_slots_measured') }}

),

slots_due as (

    select * from {{ ref('int_slots_due') }}

)

select
    measured.host,
    measured.slot_at,
    measured.busy_cpu_seconds + measured.idle_cpu_seconds as cpu_seconds
from slots_due
inner join measured on slots_due.slot_at = measured.slot_at
where measured.cores is null and measured.busy_cpu_seconds is not null
