{#- A SELECT of what is known of each host at each reading: host, read_at, the target that
    was scraped last (of a relabelled host, or one of two scrape jobs, it alone counts)
    and its boot_at, last_scrape_at, scrapes and cores; null where not exported.
    readings: CTE of target_id, host, read_at. targets: CTE of int_targets. samples: the
    relation of stg_prometheus__samples. -#}
{% macro hosts_read(readings, targets, samples) -%}
    select host, read_at, target_id, boot_at, last_scrape_at, scrapes, cores
    from (
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
            row_number() over (
                partition by {{ readings }}.host, {{ readings }}.read_at
                order by
                    coalesce(last_scrapes.sample_value, 0) desc,
                    {{ readings }}.target_id asc
            ) as place
        from {{ readings }}
        inner join {{ targets }}
            on {{ readings }}.target_id = {{ targets }}.target_id
        {{ read_with('boots', 'boot_series_id', readings, targets, samples) }}
        {{ read_with('last_scrapes', 'last_scrape_series_id', readings, targets, samples) }}
        {{ read_with('scrape_counts', 'scrapes_series_id', readings, targets, samples) }}
        {{ read_with('core_counts', 'cores_series_id', readings, targets, samples) }}
        where {{ readings }}.read_at is not null
    ) as ranked
    where place = 1
{%- endmacro %}
