{#- Whether the time of an AI provider's next reset moved on, by more than a minute, after
    the old one had passed. One that moved on before, without having passed, slides with
    the poll and tells of no reset; nor does one that is as far ahead as it was at the
    poll before, unless by whole days, as of a poll a day; nor one of a reset that was
    found already.
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
                ({{ poll }}.next_reset_at - {{ poll }}.previous_reset_at) % 86400 <> 0
                and {{ poll }}.next_reset_at - {{ poll }}.fetched_at between
                {{ poll }}.previous_reset_at - {{ poll }}.previous_reset_told_at - 60
                and {{ poll }}.previous_reset_at - {{ poll }}.previous_reset_told_at + 60,
                false
            )
            and not coalesce(
                {{ poll }}.last_found_at >= {{ poll }}.previous_reset_at, false
            )
        )
{%- endmacro %}
