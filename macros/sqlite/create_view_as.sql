{#- Repairs: the stock macro warns that contracts cannot be enforced. Checks the columns
    of a contract instead. Can go when the adapter enforces contracts. -#}
{% macro sqlite__create_view_as(relation, sql, auto_begin=False) -%}
    {%- if config.get('contract').enforced -%}
        {{- get_assert_columns_equivalent(sql) -}}
    {%- endif -%}
    create view {{ relation }} as
    {{ sql }}
{%- endmacro %}
