{#- 1 when scrapes of a host were missing in a half-hour: its difference was spread over a
    gap or is of another machine, or it has a tenth and one fewer than its time up asks
    for; of a baseline none can be told to be missing; else 0.
    summed: CTE with is_spread, up_seconds and busy_cpu_seconds. steps: CTE with
    scrapes. -#}
{% macro has_lost_scrapes(summed, steps) -%}
    case
            when {{ summed }}.is_spread = 1 then 1
            when
                {{ summed }}.busy_cpu_seconds is not null
                and {{ steps }}.scrapes < 0.9 * {{ summed }}.up_seconds
                / {{ var('scrape_interval_seconds') }} - 1
                then 1
            else 0
        end
{%- endmacro %}
