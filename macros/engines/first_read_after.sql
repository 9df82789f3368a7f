{#- The instant of a series' first sample after an instant, as a scalar; null if none.
    samples: relation with series_id and read_at. series_id, instant: SQL expressions of
    the row around it. -#}
{% macro first_read_after(samples, series_id, instant) -%}
    {{- return(adapter.dispatch('first_read_after')(samples, series_id, instant)) -}}
{%- endmacro %}

{% macro default__first_read_after(samples, series_id, instant) -%}
    (
            select min(later.read_at)
            from {{ samples }} as later
            where later.series_id = {{ series_id }} and later.read_at > {{ instant }}
        )
{%- endmacro %}
