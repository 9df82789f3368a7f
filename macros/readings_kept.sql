{#- A SELECT of the samples (host, read_at, part, hour_at) that are still there, in hour_at
    nothing: part idle and boot as they are, busy once for all modes beside idle.
    schema: of the raw tables and of those that the last build left. -#}
{% macro readings_kept(schema) -%}
    select targets.host, idles.ts as read_at, 'idle' as part, null as hour_at
    from {{ schema }}.int_targets as targets
    inner join {{ schema }}.raw_prometheus_samples as idles
        on targets.idle_series_id = idles.series_id
    union all
    select targets.host, boots.ts as read_at, 'boot' as part, null as hour_at
    from {{ schema }}.int_targets as targets
    inner join {{ schema }}.raw_prometheus_samples as boots
        on targets.boot_series_id = boots.series_id
    union all
    select targets.host, idles.ts as read_at, 'busy' as part, null as hour_at
    from {{ schema }}.int_targets as targets
    inner join {{ schema }}.raw_prometheus_samples as idles
        on targets.idle_series_id = idles.series_id
    where exists (
        select 1
        from {{ schema }}.int_series_hosted as series
        inner join {{ schema }}.raw_prometheus_samples as samples
            on series.series_id = samples.series_id
        where
            series.target_id = targets.target_id
            and series.metric = 'cpu_seconds'
            and {{ is_idle('series.mode') }} = 0
            and samples.ts = idles.ts
    )
{%- endmacro %}
