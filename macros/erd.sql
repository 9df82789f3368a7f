{#-
  Prints the entity-relationship diagram of the durable tables as Mermaid: columns, types
  and keys by the contracts of the marts, relations by their relationships tests.

      dbt --quiet run-operation erd
-#}
{% macro erd() %}
  {%- set tables = [] -%}
  {%- for node in graph.nodes.values() | sort(attribute='name') -%}
    {%- if node.resource_type == 'model' and node.path.startswith('marts/')
      and node.config.materialized == 'incremental' -%}
      {%- do tables.append(node) -%}
    {%- endif -%}
  {%- endfor -%}
  {%- set lines = ['erDiagram'] -%}
  {%- for table in tables -%}
    {%- set references = references_of(table) -%}
    {%- for column, parent in references.items() -%}
      {%- set is_required = has_constraint(table, column, ['not_null']) -%}
      {%- set one = '||' if is_required else '|o' -%}
      {%- do lines.append('    ' ~ parent ~ ' ' ~ one ~ '--o{ ' ~ table.name
        ~ ' : "' ~ column ~ '"') -%}
    {%- endfor -%}
    {%- do lines.append('    ' ~ table.name ~ ' {') -%}
    {%- for name, column in table.columns.items() -%}
      {%- set keys = [] -%}
      {%- for key, is_so in {
        'PK': has_constraint(table, name, ['primary_key']),
        'FK': name in references,
        'UK': has_constraint(table, name, ['unique']),
      }.items() if is_so -%}
        {%- do keys.append(key) -%}
      {%- endfor -%}
      {%- do lines.append(('        ' ~ column.data_type | upper ~ ' ' ~ name ~ ' '
        ~ keys | join(', ')).rstrip()) -%}
    {%- endfor -%}
    {%- do lines.append('    }') -%}
  {%- endfor -%}
  {%- do print(lines | join('\n')) -%}
{% endmacro %}
