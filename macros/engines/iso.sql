{#- Bigint epoch seconds as ISO-8601 UTC text, 2025-09-11T10:00:00Z; null stays null.
    instant: SQL expression of epoch seconds. -#}
{% macro iso(instant) -%}
    {{- return(adapter.dispatch('iso')(instant)) -}}
{%- endmacro %}

{% macro sqlite__iso(instant) -%}
    strftime('%Y-%m-%dT%H:%M:%SZ', {{ instant }}, 'unixepoch')
{%- endmacro %}

{% macro duckdb__iso(instant) -%}
    strftime(make_timestamp(({{ instant }}) * 1000000), '%Y-%m-%dT%H:%M:%SZ')
{%- endmacro %}

{% macro spark__iso(instant) -%}
    date_format(
        timestampadd(SECOND, {{ instant }}, timestamp_ntz'1970-01-01 00:00:00'),
        "yyyy-MM-dd'T'HH:mm:ss'Z'"
    )
{%- endmacro %}
