{#- A SELECT of the hours (hour_at, lost) that cannot be measured again for want of a
    sample: each reading of a host that closed a measured half-hour, with busy modes and
    boot time where it had them, and the one that its first half-hour was counted from.
    Half-hours of a gap have no reading; frozen ones need none but the last. schema: of
    the tables that the last build left. -#}
{% macro readings_lost(schema) -%}
    select
        min(hour_at) as hour_at,
        'samples of Prometheus' as lost
    from (
        {{ readings_closing(schema) }}
        union all
        select measured.host, measured.slot_at as read_at, 'idle' as part, measured.hour_at
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
        select frozen.host, frozen.read_at, 'idle' as part, frozen.hour_at
        from ({{ readings_frozen_last(schema) }}) as frozen
        union all
        {{ readings_kept(schema) }}
    ) as readings
    group by host, read_at, part
    having count(hour_at) = count(*)
{%- endmacro %}
