{#- The object of a JSON list that has given members, as JSON, a scalar; null where there
    is none, or more than one. Lists come in any order: an index would take another limit.
    json: SQL expression of the JSON. path: SQL expression of the list's path.
    members: SQL expression of a JSON object of the members; null gives null. -#}
{% macro json_item_that_has(json, path, members) -%}
    {{- return(adapter.dispatch('json_item_that_has')(json, path, members)) -}}
{%- endmacro %}

{% macro sqlite__json_item_that_has(json, path, members) -%}
    (
            select case when count(*) = 1 then max(items.value) end
            from json_each({{ json }}, {{ path }}) as items
            where
                items.type = 'object'
                and {{ members }} is not null
                and not exists (
                    select 1 from json_each({{ members }}) as wanted
                    where
                        json_extract(items.value, '$.' || wanted.key)
                        is not wanted.value
                )
        )
{%- endmacro %}

{% macro duckdb__json_item_that_has(json, path, members) -%}
    {%- set found -%}
        list_filter(
            try_cast(json_extract({{ json }}, {{ path }}) as json[]),
            item -> json_type(item) = 'OBJECT' and json_contains(item, {{ members }})
        )
    {%- endset -%}
    case when len({{ found }}) = 1 then cast({{ found }}[1] as varchar) end
{%- endmacro %}

{% macro spark__json_item_that_has(json, path, members) -%}
    {%- set found -%}
        filter(
            from_json(get_json_object({{ json }}, {{ path }}), 'array<string>'),
            item -> forall(
                map_entries(from_json({{ members }}, 'map<string,string>')),
                wanted -> get_json_object(item, '$.' || wanted.key) <=> wanted.value
            )
        )
    {%- endset -%}
    case when size({{ found }}) = 1 then {{ found }}[0] end
{%- endmacro %}
