{#- What was used of an AI provider since the poll before: all that is used after a reset,
    else the increase; a fall without a reset is none. A balance that went down was used.
    Null for the first poll. For columns of fact_provider_poll, is_manual, has_moved,
    is_stale and falls_late. -#}
{% macro ai_used_since() -%}
    case
            when previous_fetched_at is null then null
            when requests_used is null and previous_used is null
                then {{ larger_or_zero('previous_available - requests_available') }}
            when is_stale = 0 and 1 in (is_manual, has_moved, has_fallen, falls_late)
                then requests_used
            else {{ larger_or_zero('requests_used - previous_used') }}
        end
{%- endmacro %}
