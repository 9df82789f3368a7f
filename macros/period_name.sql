{#- Which period an instant or day lies in. day: SQL expression of text that begins with
    a day. periods: CTE of dim_period. -#}
{% macro period_name(day, periods) -%}
    {{ as_text(
        "coalesce(nullif(substr(" ~ day ~ ", 1, " ~ periods ~ ".name_length), ''), 'all')"
    ) }}
{%- endmacro %}
