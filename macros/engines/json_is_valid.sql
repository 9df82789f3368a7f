{#- Whether a text is JSON of any kind.
    text: SQL expression of the text. -#}
{% macro json_is_valid(text) -%}
    {{- return(adapter.dispatch('json_is_valid')(text)) -}}
{%- endmacro %}

{% macro sqlite__json_is_valid(text) -%}
    (json_valid({{ text }}) = 1)
{%- endmacro %}

{% macro duckdb__json_is_valid(text) -%}
    json_valid({{ text }})
{%- endmacro %}

{% macro spark__json_is_valid(text) -%}
    (get_json_object({{ text }}, '$') is not null)
{%- endmacro %}
