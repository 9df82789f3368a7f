{#- The version that the loaders gave the database file; 0 where there is no file. -#}
{% macro version_of_file() -%}
    {{- return(adapter.dispatch('version_of_file')()) -}}
{%- endmacro %}

{% macro default__version_of_file() -%}
    {{- return(0) -}}
{%- endmacro %}

{% macro sqlite__version_of_file() -%}
    {{- return(run_query('pragma user_version').columns[0].values()[0]) -}}
{%- endmacro %}
