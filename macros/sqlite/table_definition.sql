{#- Repairs: dbt-sqlite ignores contracts. Renders the columns and constraints of the
    model's YAML as SQLite's own DDL. Can go when the adapter enforces contracts.
    model_columns: the model's columns as dbt holds them (name, data_type, constraints).
    model_constraints: its table constraints; may be empty. -#}
{% macro sqlite_table_definition(model_columns, model_constraints) -%}
    {%- set parts = [] -%}
    {%- for column in model_columns -%}
        {%- do parts.append(sqlite_column_definition(column)) -%}
    {%- endfor -%}
    {%- for constraint in model_constraints -%}
        {%- do parts.append(sqlite_table_constraint(constraint)) -%}
    {%- endfor -%}
    (
        {{ parts | join(',\n        ') }}
    )
{%- endmacro %}
