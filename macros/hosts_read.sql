{#- A SELECT of what is known of each host at each reading: host, read_at, the target that
    counts, its boot_at and last_scrape_at, the scrapes of all that went one after the
    other, and the most cores that any had; null where not exported. boot_before_at is the
    first boot of those that ended before the one that counts began.
    readings: CTE of target_id, host, read_at. targets: CTE of int_targets. samples: the
    relation of stg_prometheus__samples. -#}
{% macro hosts_read(readings, targets, samples) -%}
    select
        host,
        read_at,
        max(case when place = 1 then target_id end) as target_id,
        max(case when place = 1 then boot_at end) as boot_at,
        max(case when place = 1 then last_scrape_at end) as last_scrape_at,
        {{ as_integer(scrapes_together()) }} as scrapes,
        max(cores) as cores,
        min(case when last_scrape_at <= counted_boot_at + 30 then boot_at end)
            as boot_before_at
    from (
        {{ targets_ranked(readings, targets, samples) }}
    ) as ranked
    group by host, read_at
{%- endmacro %}
