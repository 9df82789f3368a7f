{#- The incremental strategy `upsert`: what a durable table does with recomputed rows.
    arg_dict: target_relation, temp_relation, unique_key, dest_columns. -#}
{% macro get_incremental_upsert_sql(arg_dict) -%}
    {{- return(adapter.dispatch('get_incremental_upsert_sql')(arg_dict)) -}}
{%- endmacro %}

{% macro default__get_incremental_upsert_sql(arg_dict) -%}
    {{- return(get_incremental_merge_sql(arg_dict)) -}}
{%- endmacro %}
