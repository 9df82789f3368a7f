{#- The first object of a JSON list whose member `type` is a given one, as JSON, a scalar;
    null where there is none. Lists come in any order: an index would take another limit.
    json: SQL expression of the JSON. path: SQL expression of the list's path.
    type: SQL expression of the text to look for. -#}
{% macro json_item_of_type(json, path, type) -%}
    {{- return(adapter.dispatch('json_item_of_type')(json, path, type)) -}}
{%- endmacro %}

{% macro sqlite__json_item_of_type(json, path, type) -%}
    (
            select items.value
            from json_each({{ json }}, {{ path }}) as items
            where
                items.type = 'object'
                and json_extract(items.value, '$.type') = {{ type }}
            order by items.id asc
            limit 1
        )
{%- endmacro %}

{% macro duckdb__json_item_of_type(json, path, type) -%}
    cast(list_filter(
            try_cast(json_extract({{ json }}, {{ path }}) as json[]),
            item -> json_extract_string(item, '$.type') = {{ type }}
        )[1] as varchar)
{%- endmacro %}

{% macro spark__json_item_of_type(json, path, type) -%}
    filter(
            from_json(get_json_object({{ json }}, {{ path }}), 'array<string>'),
            item -> get_json_object(item, '$.type') = {{ type }}
        )[0]
{%- endmacro %}
