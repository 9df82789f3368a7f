{#- 1 when a scrape tells a boot that cannot have been, before the scrape before or after
    itself by more than 30 s, while the counter goes on: it has not fallen, nor grown by
    more than its cores can, give or take two scrape intervals. Then a clock was set and
    the life is the same; a counter of another machine does not fit. Else 0.
    scrapes: CTE with scraped_at, boot_at, cpu_seconds, cores and, of the scrape before,
    scraped_before_at and cpu_seconds_before. -#}
{% macro is_set_clock(scrapes) -%}
    case
            when
                {{ scrapes }}.boot_at >= {{ scrapes }}.scraped_before_at - 30
                and {{ scrapes }}.boot_at <= {{ scrapes }}.scraped_at + 30
                then 0
            when
                {{ scrapes }}.boot_at is not null
                and {{ scrapes }}.cpu_seconds >= {{ scrapes }}.cpu_seconds_before
                and {{ scrapes }}.cpu_seconds - {{ scrapes }}.cpu_seconds_before
                <= {{ scrapes }}.cores * (
                    {{ scrapes }}.scraped_at - {{ scrapes }}.scraped_before_at
                    + {{ scrape_slack_seconds() }}
                )
                then 1
            else 0
        end
{%- endmacro %}
