{#- Until when the host was seen by the reading before: that reading where it is the one
    half an hour ago and the host was scraped then, else its last scrape. Null for a
    first reading.
    reading: CTE with read_at, opening_read_at and opening_last_scrape_at. -#}
{% macro opening_seen_at(reading) -%}
    case
        when
            {{ reading }}.opening_read_at = {{ reading }}.read_at - 1800
            and {{ reading }}.opening_last_scrape_at
            >= {{ reading }}.opening_read_at - {{ scrape_slack_seconds() }}
            then {{ reading }}.opening_read_at
        else {{ reading }}.opening_last_scrape_at
    end
{%- endmacro %}
