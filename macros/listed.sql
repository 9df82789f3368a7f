{#- A list of texts as the inside of an SQL IN (…), quotes escaped.
    values: list of strings, not empty. -#}
{% macro listed(values) -%}
    {%- for value in values -%}
        '{{ value | replace("'", "''") }}'{{ ', ' if not loop.last }}
    {%- endfor -%}
{%- endmacro %}
