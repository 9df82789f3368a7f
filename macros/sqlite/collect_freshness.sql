{#- Repairs: as sqlite__collect_freshness_custom_sql does, for a source that names a
    column of epoch seconds. Can go with it. -#}
{% macro sqlite__collect_freshness(source, loaded_at_field, filter) -%}
    {%- set loaded_at_query -%}
        select max({{ loaded_at_field }}) from {{ source }}
        {%- if filter %} where {{ filter }}{% endif -%}
    {%- endset -%}
    {{ return(sqlite__collect_freshness_custom_sql(source, loaded_at_query)) }}
{%- endmacro %}
