{#- The scrapes of a host in a half-hour, over its targets: those of the one that counts
    and of such as ended before it began, as a relabelled one does; of scrape jobs side by
    side the most that one has. Null where no target tells them.
    Columns of the row around it: place (1 for the one that counts), scrapes,
    last_scrape_at and began_at, when the one that counts was scraped first if none of
    its scrapes was lost. -#}
{% macro scrapes_together() -%}
    {%- set one_after_the_other =
        'sum(case when place = 1 or last_scrape_at < began_at then scrapes end)' -%}
    case
            when {{ one_after_the_other }} > max(scrapes)
                then {{ one_after_the_other }}
            else max(scrapes)
        end
{%- endmacro %}
