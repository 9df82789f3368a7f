{#- ISO-8601 UTC text as bigint epoch seconds; null stays null.
    ts: SQL expression of text like 2025-09-11T10:00:00Z or 2025-09-11. -#}
{% macro epoch(ts) -%}
    {{- return(adapter.dispatch('epoch')(ts)) -}}
{%- endmacro %}

{% macro sqlite__epoch(ts) -%}
    cast(strftime('%s', {{ ts }}) as bigint)
{%- endmacro %}

{% macro duckdb__epoch(ts) -%}
    cast(floor(epoch(try_cast({{ ts }} as timestamp))) as bigint)
{%- endmacro %}

{% macro spark__epoch(ts) -%}
    unix_timestamp(try_to_timestamp({{ ts }}))
{%- endmacro %}
