{#- Whether a person told of a reset of an AI provider between a poll and the one before,
    which had come first if it was in the same second.
    poll: a relation with columns of fact_provider_poll. told: one with those of
    stg_ai_usage__resets. -#}
{% macro ai_reset_told(poll, told) -%}
    exists (
            select 1 from {{ told }}
            where
                {{ told }}.provider_id = {{ poll }}.provider_id
                and {{ told }}.reset_at >= {{ poll }}.previous_fetched_at
                and {{ told }}.reset_at < {{ poll }}.fetched_at
        )
{%- endmacro %}
