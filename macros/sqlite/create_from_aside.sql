{#- Creates a table with the DDL of its contract (or without one, as the temporary table
    has it) and copies the temporary table into it; one statement per call, as SQLite
    wants it. The copy is the caller's `main` statement.
    relation: the table to create. aside: the temporary table. -#}
{% macro sqlite_create_from_aside(relation, aside) -%}
    {%- if not config.get('contract').enforced -%}
        {{- return('create table ' ~ relation ~ ' as select * from ' ~ aside) -}}
    {%- endif -%}
    {%- do get_assert_columns_equivalent(sql) -%}
    {%- set columns = model.columns.values() | list -%}
    {%- call statement('create_table') -%}
        create table {{ relation }}
        {{ sqlite_table_definition(columns, model.constraints) }}
        {{ config.get('table_options', 'strict') }}
    {%- endcall -%}
    {%- set names = columns | map(attribute='name') | map('tojson') | join(', ') -%}
    {{- return(
        'insert into ' ~ relation ~ ' (' ~ names ~ ') select ' ~ names
        ~ ' from ' ~ aside
    ) -}}
{%- endmacro %}
