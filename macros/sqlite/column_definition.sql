{#- One column of a contract as DDL: name, type, constraints in the order written.
    column: a column as dbt holds it. A `custom` constraint is taken as it stands (a
    default); a `foreign_key` needs `expression: table (column) [action]`. -#}
{% macro sqlite_column_definition(column) -%}
    {%- set parts = [adapter.quote(column.name), column.data_type] -%}
    {%- for constraint in column.constraints -%}
        {%- set kind = constraint.type | string -%}
        {%- if kind == 'not_null' -%}{%- do parts.append('not null') -%}
        {%- elif kind == 'primary_key' -%}{%- do parts.append('primary key') -%}
        {%- elif kind == 'unique' -%}{%- do parts.append('unique') -%}
        {%- elif kind == 'check' -%}
            {%- do parts.append('check (' ~ constraint.expression ~ ')') -%}
        {%- elif kind == 'foreign_key' -%}
            {%- do parts.append('references ' ~ constraint.expression) -%}
        {%- else -%}{%- do parts.append(constraint.expression) -%}
        {%- endif -%}
    {%- endfor -%}
    {{- return(parts | join(' ')) -}}
{%- endmacro %}
