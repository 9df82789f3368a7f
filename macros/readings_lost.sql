{#- A SELECT of the hours (hour_at, lost) that cannot be measured again for want of a
    sample: each reading of a host that closed a measured half-hour, and the one that its
    first half-hour was counted from. Half-hours of a gap have no reading; frozen ones
    need none but the last. schema: of the tables that the last build left. -#}
{% macro readings_lost(schema) -%}
    select
        min(hour_at) as hour_at,
        'samples of Prometheus' as lost
    from (
        select measured.host, measured.slot_at + 1800 as read_at, measured.hour_at
        from {{ schema }}.int_host_slots_measured as measured
        cross join ({{ frozen_before(schema) }}) as frontier
        where
            measured.slot_at >= frontier.frozen_before
            and measured.last_scrape_at is not null
        union all
        select measured.host, measured.slot_at as read_at, measured.hour_at
        from {{ schema }}.int_host_slots_measured as measured
        cross join ({{ frozen_before(schema) }}) as frontier
        where
            measured.slot_at >= frontier.frozen_before
            and measured.slot_at = (
                select min(slot_at) from {{ schema }}.int_host_slots_measured
            )
            and measured.busy_cpu_seconds is not null
            and coalesce(measured.boot_at, 0) < measured.slot_at
        union all
        {{ readings_frozen_last(schema) }}
        union all
        select targets.host, samples.ts as read_at, null as hour_at
        from {{ schema }}.int_targets as targets
        inner join {{ schema }}.raw_prometheus_samples as samples
            on targets.idle_series_id = samples.series_id
    ) as readings
    group by host, read_at
    having count(hour_at) = count(*)
{%- endmacro %}
