{#- Whether usage of an AI provider falls by the reset that the poll before showed, which
    had usage as it was before it. poll: a relation with columns of fact_provider_poll and
    is_stale. -#}
{% macro ai_falls_late(poll) -%}
    lag({{ poll }}.is_stale) over (
            partition by {{ poll }}.provider_id order by {{ poll }}.id asc
        ) = 1
        and {{ poll }}.requests_used < {{ poll }}.previous_used
{%- endmacro %}
