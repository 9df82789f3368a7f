{#- A SELECT of each target at each reading, with its place among those of its host: the
    one scraped last is the first (of a relabelled host, or one of two scrape jobs, it
    alone counts), of equals the one whose counter is ahead, then the last by labels;
    began_at is when the first one was scraped first, if none of its scrapes was lost, and
    counted_boot_at its boot.
    readings: CTE of target_id, host, read_at. targets: CTE of int_targets. samples: the
    relation of stg_prometheus__samples. -#}
{% macro targets_ranked(readings, targets, samples) -%}
    select
            {{ readings }}.host,
            {{ readings }}.read_at,
            {{ readings }}.target_id,
            {{ as_integer('boots.sample_value') }} as boot_at,
            {{ as_integer(
                'coalesce(last_scrapes.sample_value, ' ~ readings ~ '.read_at)'
            ) }} as last_scrape_at,
            {{ as_integer('scrape_counts.sample_value') }} as scrapes,
            {{ as_integer('core_counts.sample_value') }} as cores,
            row_number() over by_last_scrape as place,
            first_value(boots.sample_value) over by_last_scrape as counted_boot_at,
            first_value(
                last_scrapes.sample_value - {{ var('scrape_interval_seconds') }}
                * (scrape_counts.sample_value - 1)
            ) over by_last_scrape as began_at
        from {{ readings }}
        inner join {{ targets }}
            on {{ readings }}.target_id = {{ targets }}.target_id
        {{ read_with('idles', 'idle_series_id', readings, targets, samples) }}
        {{ read_with('boots', 'boot_series_id', readings, targets, samples) }}
        {{ read_with('last_scrapes', 'last_scrape_series_id', readings, targets, samples) }}
        {{ read_with('scrape_counts', 'scrapes_series_id', readings, targets, samples) }}
        {{ read_with('core_counts', 'cores_series_id', readings, targets, samples) }}
        where {{ readings }}.read_at is not null
        window by_last_scrape as (
            partition by {{ readings }}.host, {{ readings }}.read_at
            order by
                coalesce(last_scrapes.sample_value, 0) desc,
                idles.sample_value desc,
                {{ targets }}.target_labels desc
        )
{%- endmacro %}
