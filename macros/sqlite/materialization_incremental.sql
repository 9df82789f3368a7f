{#- Repairs: the stock incremental deletes and inserts, drops the table on a full refresh
    and knows no contract. A durable table is created once, never dropped: new columns
    are appended, rows are removed and upserted in one short transaction. Can go when
    dbt-sqlite has an upsert strategy and honours contracts.
    config unique_key: column or SQL expression, or a list of them.
    config replaces: {due: model, column: name}; rows of this table whose column is among
    the due model's and which the new rows do not hold any more are removed. -#}
{% materialization incremental, adapter='sqlite' %}
    {%- set target_relation = this.incorporate(type='table') -%}
    {%- set existing_relation = load_cached_relation(this) -%}

    {{ run_hooks(pre_hooks, inside_transaction=False) }}
    {%- do sqlite_append_columns(target_relation) if existing_relation is not none -%}
    {%- set aside = sqlite_fill_aside(target_relation, sql) -%}
    {%- if existing_relation is none -%}
        {%- call statement('main') -%}
            {{ sqlite_create_from_aside(target_relation, aside) }}
        {%- endcall -%}
        {%- do create_indexes(target_relation) -%}
    {%- else -%}
        {%- do get_assert_columns_equivalent(sql) -%}
        {%- if config.get('replaces') -%}
            {%- call statement('remove_vanished') -%}
                {{ sqlite_remove_vanished_sql(target_relation, aside) }}
            {%- endcall -%}
        {%- endif -%}
        {%- call statement('main') -%}
            {{ get_incremental_upsert_sql({
                'target_relation': target_relation,
                'temp_relation': aside,
                'unique_key': config.require('unique_key'),
                'dest_columns': adapter.get_columns_in_relation(aside),
            }) }}
        {%- endcall -%}
    {%- endif -%}
    {{ run_hooks(post_hooks, inside_transaction=True) }}
    {%- do adapter.commit() -%}
    {{ run_hooks(post_hooks, inside_transaction=False) }}
    {{ return({'relations': [target_relation]}) }}
{% endmaterialization %}
