{#- Repairs: the stock macro asks for current_timestamp, which SQLite gives as text
    that dbt cannot subtract. Raw tables hold epoch seconds: both instants are turned
    into UTC datetimes. Can go when dbt-sqlite brings one of its own. -#}
{% macro sqlite__collect_freshness_custom_sql(source, loaded_at_query) -%}
    {%- call statement('collect_freshness', fetch_result=True, auto_begin=False) -%}
        select
            ({{ loaded_at_query }}) as max_loaded_at,
            {{ current_epoch() }} as snapshotted_at
    {%- endcall -%}
    {%- set result = load_result('collect_freshness') -%}
    {%- set instants = [] -%}
    {%- for value in result.table.rows[0].values() -%}
        {%- do instants.append(
            modules.datetime.datetime.fromtimestamp(value | int, modules.pytz.utc)
            if value is not none else none
        ) -%}
    {%- endfor -%}
    {{ return(namespace(response=result.response, table=[instants])) }}
{%- endmacro %}
