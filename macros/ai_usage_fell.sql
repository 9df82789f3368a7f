{#- Whether usage of an AI provider fell as only a reset makes it fall: from over 50 % of
    a quota to under 0.3 of that; without a quota, by over 20 %. A credit top-up and a
    larger quota lower the share, too, so that it tells nothing where there is no quota,
    nor where the amount is told and did not fall.
    poll: a relation with columns of fact_provider_poll. -#}
{% macro ai_usage_fell(poll) -%}
    case
            when
                {{ poll }}.plan_type = 'usage'
                or coalesce({{ poll }}.requests_percentage, {{ poll }}.previous_percentage)
                is null
                then {{ poll }}.requests_used < 0.8 * {{ poll }}.previous_used
            else
                coalesce({{ poll }}.requests_used < {{ poll }}.previous_used, true)
                and {{ poll }}.previous_percentage > 50
                and {{ poll }}.requests_percentage < 0.3 * {{ poll }}.previous_percentage
        end
{%- endmacro %}
