{#- Repairs: the adapter creates no indexes. Renders config `indexes`.
    index_dict: name, columns (names or expressions), unique (default false), where. -#}
{% macro sqlite__get_create_index_sql(relation, index_dict) -%}
    create {{ 'unique ' if index_dict.unique }}index
    {{ relation.schema }}.{{ index_dict.name }}
    on {{ relation.identifier }} ({{ index_dict.columns | join(', ') }})
    {{ 'where ' ~ index_dict.where if index_dict.where }}
{%- endmacro %}
