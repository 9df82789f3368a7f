{#- The scope and name of a row of usage as one text: its key within an hour.
    relation: CTE that holds scope, cloud_project_name, machine_name and user_id; none
    when there is only one. -#}
{% macro usage_key(relation=none) -%}
    {%- set of = relation ~ '.' if relation else '' -%}
    {{ of }}scope || ' ' || coalesce(
        {{ of }}cloud_project_name, {{ of }}machine_name, {{ of }}user_id, ''
    )
{%- endmacro %}
