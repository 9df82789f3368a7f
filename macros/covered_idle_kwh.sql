{#- The part of an hour's idle energy whose half-hours have an intensity. Where one of the
    two has none, all carbon is of the other, at one intensity, so that idle and busy
    have the same shares of its energy as of its carbon. Of a row with an hour's usage. -#}
{% macro covered_idle_kwh() -%}
    case
            when covered_kwh >= busy_kwh + idle_kwh - 1e-12 then idle_kwh
            else
                covered_kwh * coalesce(
                    idle_gCo2eq / nullif(busy_gCo2eq + idle_gCo2eq, 0.0), 0.0
                )
        end
{%- endmacro %}
