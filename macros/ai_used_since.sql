{#- What was used of an AI provider since the poll before: all that is used after a reset,
    else the increase; a fall without a reset is none. A balance that went down was used.
    Null for the first poll. For columns of fact_provider_poll and reset_type. -#}
{% macro ai_used_since() -%}
    case
            when previous_fetched_at is null then null
            when requests_used is null and previous_used is null
                then {{ larger_or_zero('previous_available - requests_available') }}
            when reset_type is not null then requests_used
            else {{ larger_or_zero('requests_used - previous_used') }}
        end
{%- endmacro %}
