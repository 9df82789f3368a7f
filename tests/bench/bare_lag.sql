-- The least that any such calculation does: each counter's difference to the value
-- before, added up to hours.
create table bare_lag as
with steps as (
    select
        series_id,
        ts,
        value - lag(value) over (partition by series_id order by ts) as grown
    from raw_prometheus_samples
    where series_id in (
        select series_id from raw_prometheus_series
        where metric = 'cpu_seconds'
    )
)

select
    series_id,
    (ts - 1) / 3600 * 3600 as hour_at,
    sum(grown) as cpu_seconds
from steps
group by series_id, hour_at
