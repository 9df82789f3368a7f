{#- The number at a path of a JSON value, as a real, also where it is written as text;
    null where there is none: neither a truth value nor other text is a number.
    json: SQL expression of the JSON. path: SQL expression of a path such as $.a.b[0];
    null gives null. -#}
{% macro json_number(json, path) -%}
    {{- return(adapter.dispatch('json_number')(json, path)) -}}
{%- endmacro %}

{% macro sqlite__json_number(json, path) -%}
    {%- set text = "cast(json_extract(" ~ json ~ ", " ~ path ~ ") as text)" -%}
    case
            when
                json_type({{ json }}, {{ path }}) in ('integer', 'real', 'text')
                and json_valid({{ text }})
                then case
                    when json_type({{ text }}) in ('integer', 'real')
                        then cast({{ text }} as real)
                end
        end
{%- endmacro %}

{% macro duckdb__json_number(json, path) -%}
    case
            when json_type({{ json }}, {{ path }}) <> 'BOOLEAN'
                then try_cast(json_extract_string({{ json }}, {{ path }}) as double)
        end
{%- endmacro %}

{% macro spark__json_number(json, path) -%}
    try_cast(get_json_object({{ json }}, {{ path }}) as double)
{%- endmacro %}
