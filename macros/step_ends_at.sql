{#- When a step of a chart ends, as ISO text: the hour, day or month that begins at an
    instant. step: SQL expression of hour, day or month. starts_at: SQL expression of its
    start as ISO text. -#}
{% macro step_ends_at(step, starts_at) -%}
    {%- set month_after = iso(epoch(starts_at) ~ ' + 32 * 86400') -%}
    case {{ step }}
            when 'hour' then {{ iso(epoch(starts_at) ~ ' + 3600') }}
            when 'day' then {{ iso(epoch(starts_at) ~ ' + 86400') }}
            else substr({{ month_after }}, 1, 7) || '-01T00:00:00Z'
        end
{%- endmacro %}
