{#- Whether the time of an AI provider's next reset moved on, by more than a minute, after
    the old one had passed. One that moved on before, without having passed, slides with
    the poll and tells of no reset; nor does one of a reset that was found already.
    poll: a relation with columns of fact_provider_poll and last_found_at. -#}
{% macro ai_reset_moved(poll) -%}
    (
            {{ poll }}.next_reset_at > {{ poll }}.previous_reset_at + 60
            and {{ poll }}.previous_reset_at <= {{ poll }}.fetched_at
            and not coalesce(
                {{ poll }}.previous_reset_at > {{ poll }}.reset_at_before + 60
                and {{ poll }}.reset_at_before > {{ poll }}.previous_reset_told_at,
                false
            )
            and not coalesce(
                {{ poll }}.last_found_at >= {{ poll }}.previous_reset_at, false
            )
        )
{%- endmacro %}
