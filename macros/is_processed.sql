{#- 1 when an hour of usage is complete: no scrape of its hosts was missing and all its
    energy has an intensity; else 0. usage: CTE with the figures of usage. -#}
{% macro is_processed(usage) -%}
    case
                when {{ usage }}.has_lost_scrapes = 1 then 0
                when
                    {{ usage }}.covered_kwh
                    < {{ usage }}.busy_kwh + {{ usage }}.idle_kwh - 1e-12
                    then 0
                else 1
            end
{%- endmacro %}
