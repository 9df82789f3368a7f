{#- What a step of a chart is called, in UTC: 2025-09-11 10:00, 2025-09-11 or 2025-09.
    step: SQL expression of hour, day or month. starts_at: SQL expression of its start as
    ISO text. -#}
{% macro step_label(step, starts_at) -%}
    case {{ step }}
            when 'hour'
                then substr({{ starts_at }}, 1, 10) || ' ' || substr({{ starts_at }}, 12, 5)
            when 'day' then substr({{ starts_at }}, 1, 10)
            else substr({{ starts_at }}, 1, 7)
        end
{%- endmacro %}
