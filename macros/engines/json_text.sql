{#- The scalar under a top-level key of a JSON object, as text; null where it is absent.
    json: SQL expression of the object. key: SQL expression of the key, without dots. -#}
{% macro json_text(json, key) -%}
    {{- return(adapter.dispatch('json_text')(json, key)) -}}
{%- endmacro %}

{% macro sqlite__json_text(json, key) -%}
    cast(json_extract({{ json }}, '$.' || {{ key }}) as text)
{%- endmacro %}

{% macro duckdb__json_text(json, key) -%}
    json_extract_string({{ json }}, '$.' || {{ key }})
{%- endmacro %}

{% macro spark__json_text(json, key) -%}
    get_json_object({{ json }}, '$.' || {{ key }})
{%- endmacro %}
