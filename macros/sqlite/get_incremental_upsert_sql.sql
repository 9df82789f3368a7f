{#- INSERT … ON CONFLICT DO UPDATE that leaves equal rows untouched and never changes a
    key or an id once given.
    arg_dict: target_relation, temp_relation, unique_key (columns or expressions),
    dest_columns. config merge_exclude_columns: columns that keep their first value. -#}
{% macro sqlite__get_incremental_upsert_sql(arg_dict) -%}
    {%- set unique_key = arg_dict.unique_key -%}
    {%- set key = [unique_key] if unique_key is string else unique_key -%}
    {%- set columns = arg_dict.dest_columns | map(attribute='name') | list -%}
    {%- set kept = key + config.get('merge_exclude_columns', []) -%}
    {%- set updated = columns | reject('in', kept) | map('tojson') | list -%}
    {%- set names = columns | map('tojson') | join(', ') -%}
    insert into {{ arg_dict.target_relation }} ({{ names }})
    select {{ names }} from {{ arg_dict.temp_relation }} where true
    on conflict ({{ key | join(', ') }}) do
    {%- if updated %} update set
        {% for column in updated -%}
            {{ column }} = excluded.{{ column }}{{ ', ' if not loop.last }}
        {%- endfor %}
    where
        {% for column in updated -%}
            {{ column }} is not excluded.{{ column }}{{ ' or ' if not loop.last }}
        {%- endfor %}
    {%- else %} nothing
    {%- endif %}
{%- endmacro %}
