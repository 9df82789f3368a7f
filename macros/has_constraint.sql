{#-
  Whether the contract puts a column under a constraint, alone or together with others.
  table: the model as a node of dbt's graph; column: the column's name;
  kinds: the constraints that count, such as primary_key.
-#}
{% macro has_constraint(table, column, kinds) %}
  {%- set found = table.columns[column].constraints | selectattr('type', 'in', kinds)
    | list -%}
  {%- for constraint in table.constraints
    if constraint.type in kinds and column in constraint.columns -%}
    {%- do found.append(constraint) -%}
  {%- endfor -%}
  {{ return(found | length > 0) }}
{% endmacro %}
