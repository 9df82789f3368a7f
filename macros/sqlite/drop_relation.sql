{#- Repairs: the stock macro drops in autocommit before the new relation is built, so
    readers see "no such table" and a kill loses it. Here the drop opens the build's own
    transaction. Can go when dbt-sqlite drops inside it. -#}
{% macro sqlite__drop_relation(relation) -%}
    {%- call statement('drop_relation') -%}
        drop {{ relation.type }} if exists {{ relation }}
    {%- endcall -%}
{%- endmacro %}
