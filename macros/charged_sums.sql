{#- Sums of what is charged to a host, user and half-hour: the figures of usage, and what
    tells the intensity of the sum. Carbon that is unknown adds nothing.
    charged: CTE of int_usage_charged with kwh and gCo2eq, busy and idle together. -#}
{% macro charged_sums(charged) -%}
    sum({{ charged }}.busy_cpu_seconds) as busy_cpu_seconds_total,
        sum({{ charged }}.idle_cpu_seconds) as idle_cpu_seconds_total,
        sum({{ charged }}.busy_kwh) as busy_kwh,
        sum({{ charged }}.idle_kwh) as idle_kwh,
        sum({{ charged }}.kwh_low) as kwh_low,
        sum({{ charged }}.kwh_high) as kwh_high,
        coalesce(sum({{ charged }}.busy_gCo2eq), 0.0) as busy_gCo2eq,
        coalesce(sum({{ charged }}.idle_gCo2eq), 0.0) as idle_gCo2eq,
        coalesce(sum({{ charged }}.gCo2eq_low), 0.0) as gCo2eq_low,
        coalesce(sum({{ charged }}.gCo2eq_high), 0.0) as gCo2eq_high,
        sum(
            case
                when {{ charged }}.intensity_gCo2eq_kwh is null then 0.0
                else {{ charged }}.kwh
            end
        ) as covered_kwh,
        sum(
            case {{ charged }}.intensity_origin
                when 'actual' then {{ charged }}.gCo2eq
                else 0.0
            end
        ) as actual_gCo2eq,
        sum(
            case {{ charged }}.intensity_origin
                when 'forecast' then {{ charged }}.gCo2eq
                else 0.0
            end
        ) as forecast_gCo2eq,
        sum(
            case {{ charged }}.intensity_origin
                when 'fallback' then {{ charged }}.gCo2eq
                else 0.0
            end
        ) as fallback_gCo2eq,
        max({{ charged }}.has_lost_scrapes) as has_lost_scrapes,
        max({{ charged }}.has_unknown_tail) as has_unknown_tail
{%- endmacro %}
