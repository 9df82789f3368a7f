{#- 1 when a part of an increment was not scraped where it lies: it was spread over lost
    scrapes, or is of a machine of which nothing can be told; else 0. A boot within two
    scrape intervals before a half-hour is no loss in it.
    Columns of the row around it: those of int_increments_spread. -#}
{% macro is_spread() -%}
    case
            when life = 'taken over' then 1
            when share = 1.0 then 0
            when life = 'same life' then 1
            when
                up_until - up_from > {{ scrape_slack_seconds() }}
                and began_at < read_at - 1800 - {{ scrape_slack_seconds() }}
                then 1
            else 0
        end
{%- endmacro %}
