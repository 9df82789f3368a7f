{#- Kind of the reset since the poll before; null where there was none, and where usage
    only now falls by the one that the poll before told. The providers do not name the
    period: it is the time from one told reset to the next.
    For columns of fact_provider_poll, is_manual, has_moved and falls_late. -#}
{% macro ai_reset_type() -%}
    case
            when is_manual = 1 then 'manual'
            when has_moved = 0 and (has_fallen = 0 or falls_late = 1) then null
            when next_reset_at - previous_reset_at between 27 * 86400 and 32 * 86400
                then 'monthly'
            when next_reset_at - previous_reset_at between 22 * 3600 and 26 * 3600
                then 'daily'
            else 'api'
        end
{%- endmacro %}
