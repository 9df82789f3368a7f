{#- What an hour lacks to be processed, the first that applies; null when nothing.
    hours: CTE of dim_hour. usage: CTE with the figures of usage, null when none ran. -#}
{% macro hour_lacks(hours, usage) -%}
    case
            when {{ hours }}.download = 'missing' then 'not downloaded'
            when {{ hours }}.download = 'incomplete' then 'download incomplete'
            when {{ usage }}.has_lost_scrapes = 1 then 'download incomplete'
            when {{ lacks_intensity(usage) }} then 'unprocessed'
        end
{%- endmacro %}
