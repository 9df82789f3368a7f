{#- A SELECT of one row per string in a JSON list: the relation's key and `item`.
    relation: what holds the list. key: its column to carry along. list: the column of
    JSON lists of strings. -#}
{% macro json_items(relation, key, list) -%}
    {{- return(adapter.dispatch('json_items')(relation, key, list)) -}}
{%- endmacro %}

{% macro sqlite__json_items(relation, key, list) -%}
    select
        {{ relation }}.{{ key }},
        cast(items.value as text) as item
    from {{ relation }}
    cross join json_each({{ relation }}.{{ list }}) as items
{%- endmacro %}

{% macro duckdb__json_items(relation, key, list) -%}
    select
        {{ key }},
        unnest(cast(cast({{ list }} as json) as varchar[])) as item
    from {{ relation }}
{%- endmacro %}

{% macro spark__json_items(relation, key, list) -%}
    select
        {{ key }},
        explode(from_json({{ list }}, 'array<string>')) as item
    from {{ relation }}
{%- endmacro %}
