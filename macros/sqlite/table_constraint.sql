{#- One table constraint of a contract as DDL.
    constraint: type primary_key, unique (both with `columns`) or check (with
    `expression`). -#}
{% macro sqlite_table_constraint(constraint) -%}
    {%- set kind = constraint.type | string -%}
    {%- if kind == 'check' -%}
        {{- return('check (' ~ constraint.expression ~ ')') -}}
    {%- endif -%}
    {{- return(
        kind | replace('_', ' ') ~ ' (' ~ constraint.columns | join(', ') ~ ')'
    ) -}}
{%- endmacro %}
