{#- A SELECT of the hours (hour_at, lost) that were counted from single scrapes, being
    irregular, and whose scrapes are gone; none of frozen hours.
    schema: of the tables that the last build left. -#}
{% macro scrapes_lost(schema) -%}
    select
        measured.hour_at,
        'single scrapes of Prometheus' as lost
    from {{ schema }}.int_series_hosted as marks
    inner join {{ schema }}.raw_prometheus_samples as marked
        on marks.series_id = marked.series_id
    inner join {{ schema }}.int_host_slots_measured as measured
        on marks.host = measured.host and marked.ts - 1800 = measured.slot_at
    cross join ({{ frozen_before(schema) }}) as frontier
    where
        marks.metric = 'irregular'
        and measured.last_scrape_at is not null
        and measured.slot_at >= frontier.frozen_before
        and not exists (
            select scrapes.ts
            from {{ schema }}.int_series_hosted as series
            inner join {{ schema }}.raw_prometheus_scrapes as scrapes
                on series.series_id = scrapes.series_id
            where
                marks.host = series.host
                and series.metric = 'scraped_cpu_seconds'
                and scrapes.ts between measured.slot_at - 299 and marked.ts
        )
{%- endmacro %}
