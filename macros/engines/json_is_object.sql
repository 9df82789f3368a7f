{#- Whether a text is a JSON object; false of one that is no JSON.
    text: SQL expression of the text. -#}
{% macro json_is_object(text) -%}
    {{- return(adapter.dispatch('json_is_object')(text)) -}}
{%- endmacro %}

{% macro sqlite__json_is_object(text) -%}
    (case when json_valid({{ text }}) then json_type({{ text }}) else '' end = 'object')
{%- endmacro %}

{% macro duckdb__json_is_object(text) -%}
    (coalesce(json_type(try_cast({{ text }} as json)), '') = 'OBJECT')
{%- endmacro %}

{% macro spark__json_is_object(text) -%}
    (from_json({{ text }}, 'map<string,string>') is not null)
{%- endmacro %}
