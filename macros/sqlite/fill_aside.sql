{#- Runs a model's SELECT into a temporary table, outside any transaction: the file is
    only read meanwhile, so loaders go on writing, and the transaction that follows
    starts with a write (a read that turns into a write fails with "database is locked").
    relation: what the model builds. select_sql: its compiled SQL.
    Returns the temporary relation. -#}
{% macro sqlite_fill_aside(relation, select_sql) -%}
    {%- do sqlite_wait_for_writers() -%}
    {%- set aside = make_temp_relation(relation) -%}
    {%- call statement('drop_aside', auto_begin=False) -%}
        drop table if exists {{ aside }}
    {%- endcall -%}
    {%- call statement('fill_aside', auto_begin=False) -%}
        create temporary table {{ aside.include(schema=false) }} as
        {{ select_sql }}
    {%- endcall -%}
    {{ return(aside) }}
{%- endmacro %}
