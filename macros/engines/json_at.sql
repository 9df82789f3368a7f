{#- What stands at a path of a JSON value, as text: a scalar without quotes, an object or
    a list as JSON; null where there is nothing.
    json: SQL expression of the JSON. path: SQL expression of a path such as $.a.b[0];
    null gives null. -#}
{% macro json_at(json, path) -%}
    {{- return(adapter.dispatch('json_at')(json, path)) -}}
{%- endmacro %}

{% macro sqlite__json_at(json, path) -%}
    cast(json_extract({{ json }}, {{ path }}) as text)
{%- endmacro %}

{% macro duckdb__json_at(json, path) -%}
    json_extract_string({{ json }}, {{ path }})
{%- endmacro %}

{% macro spark__json_at(json, path) -%}
    get_json_object({{ json }}, {{ path }})
{%- endmacro %}
