{#- A SELECT of the samples (host, read_at, part, hour_at) that closed the measured
    half-hours which are not frozen: one of part idle each, busy where it was, boot where
    a boot time was told. schema: of the tables that the last build left. -#}
{% macro readings_closing(schema) -%}
    select
        measured.host,
        measured.slot_at + 1800 as read_at,
        parts.part,
        measured.hour_at
    from {{ schema }}.int_host_slots_measured as measured
    cross join ({{ frozen_before(schema) }}) as frontier
    inner join (
        select 'idle' as part union all select 'busy' union all select 'boot'
    ) as parts
        on
            parts.part = 'idle'
            or (parts.part = 'busy' and measured.busy_cpu_seconds > 0)
            or (parts.part = 'boot' and measured.boot_at is not null)
    where
        measured.slot_at >= frontier.frozen_before
        and measured.last_scrape_at is not null
{%- endmacro %}
