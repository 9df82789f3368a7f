{#- Whether a poll of an AI provider shows a reset but usage as it was before it, which some
    tell only later: usage that is the same to the digit.
    poll: a relation with columns of fact_provider_poll, is_manual and last_found_at. -#}
{% macro ai_usage_is_stale(poll) -%}
    {{ poll }}.requests_used = {{ poll }}.previous_used
            and ({{ poll }}.is_manual = 1 or {{ ai_reset_moved(poll) }})
{%- endmacro %}
