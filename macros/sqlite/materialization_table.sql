{#- Repairs: the stock table drops and rebuilds under the write lock, without types or
    keys. The rows are made aside, then drop, create and copy are one short transaction:
    readers see the old rows until the new ones. Can go when dbt-sqlite does the same. -#}
{% materialization table, adapter='sqlite' %}
    {%- set target_relation = this.incorporate(type='table') -%}
    {%- set existing_relation = load_cached_relation(this) -%}

    {{ run_hooks(pre_hooks, inside_transaction=False) }}
    {%- set aside = sqlite_fill_aside(target_relation, sql) -%}
    {%- if existing_relation is not none -%}
        {%- do adapter.drop_relation(existing_relation) -%}
    {%- endif -%}
    {%- call statement('main') -%}
        {{ sqlite_create_from_aside(target_relation, aside) }}
    {%- endcall -%}
    {%- do create_indexes(target_relation) -%}
    {{ run_hooks(post_hooks, inside_transaction=True) }}
    {%- do adapter.commit() -%}
    {{ run_hooks(post_hooks, inside_transaction=False) }}
    {{ return({'relations': [target_relation]}) }}
{% endmaterialization %}
