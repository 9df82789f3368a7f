{#- From when on the lives that a reading tells of count: the begin of the counter's step
    to it, or, where its half-hour is irregular, that of the first life scraped in it,
    which may go on from the reading before and end there.
    reading: CTE as step_began_at asks for. boots: CTE of int_boots_scraped, joined to
    it. -#}
{% macro lives_began_at(reading, boots) -%}
    case
        when
            {{ boots }}.first_boot_at >= coalesce(
                {{ reading }}.opening_last_scrape_at - 30, {{ boots }}.first_boot_at
            )
            then {{ smaller_of(
                boots ~ '.first_boot_at', step_began_at(reading)
            ) }}
        when
            {{ boots }}.host is not null
            and {{ opening_seen_at(reading) }} < {{ step_began_at(reading) }}
            then {{ opening_seen_at(reading) }}
        else {{ step_began_at(reading) }}
    end
{%- endmacro %}
