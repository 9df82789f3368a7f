{#- The key of int_usage_charged and the columns that an hour adds up, for each scope
    alike. -#}
{% macro usage_measures() -%}
    host,
        slot_at,
        user_id as charged_user_id,
        hour_at,
        has_lost_scrapes,
        has_unknown_tail,
        busy_cpu_seconds,
        idle_cpu_seconds,
        busy_kwh,
        idle_kwh,
        kwh_low,
        kwh_high,
        busy_gCo2eq,
        idle_gCo2eq,
        gCo2eq_low,
        gCo2eq_high,
        intensity_gCo2eq_kwh,
        intensity_origin
{%- endmacro %}
