{#- Upgrades a durable table in place: columns that the contract has and the table has
    not are added with their constraints, so a new NOT NULL column needs a default. Goes
    before the model's SELECT, which may read the column from the table itself.
    relation: the existing table. -#}
{% macro sqlite_append_columns(relation) -%}
    {%- do sqlite_wait_for_writers() -%}
    {%- set known = adapter.get_columns_in_relation(relation)
        | map(attribute='name') | list -%}
    {%- for column in model.columns.values() if column.name not in known -%}
        {%- call statement('append_column', auto_begin=False) -%}
            alter table {{ relation }} add column {{ sqlite_column_definition(column) }}
        {%- endcall -%}
    {%- endfor -%}
{%- endmacro %}
