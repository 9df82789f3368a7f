{#-
  The columns of a table that refer to another one, each with that one's name, by the
  relationships tests. table: the model as a node of dbt's graph.
-#}
{% macro references_of(table) %}
  {%- set references = {} -%}
  {%- for test in graph.nodes.values() | selectattr('resource_type', 'eq', 'test')
    | selectattr('test_metadata') | sort(attribute='unique_id') -%}
    {%- if test.test_metadata.name == 'relationships'
      and test.attached_node == table.unique_id -%}
      {%- do references.update({test.column_name: test.test_metadata.kwargs.to
        | replace('ref(', '') | replace(')', '') | replace("'", '')}) -%}
    {%- endif -%}
  {%- endfor -%}
  {{ return(references) }}
{% endmacro %}
