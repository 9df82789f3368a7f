{#- The DELETE that removes recomputed rows which are no more.
    relation: the durable table. aside: the new rows. -#}
{% macro sqlite_remove_vanished_sql(relation, aside) -%}
    {%- set replaces = config.get('replaces') -%}
    {%- set due = this.incorporate(path={'identifier': replaces.due}) -%}
    {%- set unique_key = config.require('unique_key') -%}
    {%- set key = ([unique_key] if unique_key is string else unique_key) | join(', ') -%}
    delete from {{ relation }}
    where
        {{ replaces.column }} in (select {{ replaces.column }} from {{ due }})
        and ({{ key }}) not in (select {{ key }} from {{ aside }})
{%- endmacro %}
