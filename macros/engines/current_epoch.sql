{#- The present instant as epoch seconds. -#}
{% macro current_epoch() -%}
    {{- return(adapter.dispatch('current_epoch')()) -}}
{%- endmacro %}

{% macro default__current_epoch() -%}
    cast(floor(epoch(current_timestamp)) as bigint)
{%- endmacro %}

{% macro sqlite__current_epoch() -%}
    cast(strftime('%s', 'now') as integer)
{%- endmacro %}

{% macro spark__current_epoch() -%}
    unix_timestamp()
{%- endmacro %}
