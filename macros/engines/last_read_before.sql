{#- The instant of a series' last sample before an instant, as a scalar; null if none.
    samples: relation with series_id and read_at. series_id, instant: SQL expressions of
    the row around it. -#}
{% macro last_read_before(samples, series_id, instant) -%}
    {{- return(adapter.dispatch('last_read_before')(samples, series_id, instant)) -}}
{%- endmacro %}

{% macro default__last_read_before(samples, series_id, instant) -%}
    (
            select max(earlier.read_at)
            from {{ samples }} as earlier
            where earlier.series_id = {{ series_id }} and earlier.read_at < {{ instant }}
        )
{%- endmacro %}
