{#- Everything lives in the one schema of the target, whatever a folder asks for.
    custom_schema_name, node: dbt's own arguments, not used. -#}
{% macro generate_schema_name(custom_schema_name, node) -%}
    {{- target.schema -}}
{%- endmacro %}
