{#- 1 when scrapes of a host were missing in a half-hour: its difference was spread over a
    gap, or it has a tenth and one fewer than its time up asks for; else 0.
    summed: CTE with is_spread and up_seconds. steps: CTE with scrapes. -#}
{% macro has_lost_scrapes(summed, steps) -%}
    case
            when {{ summed }}.is_spread = 1 then 1
            when
                {{ steps }}.scrapes < 0.9 * {{ summed }}.up_seconds
                / {{ var('scrape_interval_seconds') }} - 1
                then 1
            else 0
        end
{%- endmacro %}
