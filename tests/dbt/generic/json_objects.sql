{#- Texts that are no JSON object, on which SQLite would end the whole query. columns: the
    columns of objects; null is none. -#}
{% test json_objects(model, columns) %}
    {%- for column in columns %}
    select {{ column }} as object
    from {{ model }}
    where
        {{ column }} is not null and not {{ json_is_object(column) }}
    {{- ' union all' if not loop.last }}
    {%- endfor %}
{% endtest %}
