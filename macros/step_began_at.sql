{#- From when on the counter's step to a reading was made: the boot of a new life, the
    last scrape before a gap, else the reading before; a boot before the last scrape of
    the life before is none. Null when it can't be told, as for a host first read without
    a boot time.
    reading: CTE with read_at, boot_at and the same of the reading before it
    (opening_read_at, opening_boot_at, opening_last_scrape_at). -#}
{% macro step_began_at(reading) -%}
    case
        when {{ reading }}.opening_read_at is null
            then {{ reading }}.boot_at
        when
            not {{ is_same_life(
                reading ~ '.boot_at', reading ~ '.opening_boot_at'
            ) }}
            and {{ reading }}.boot_at >= {{ reading }}.opening_last_scrape_at - 30
            then {{ reading }}.boot_at
        else {{ opening_seen_at(reading) }}
    end
{%- endmacro %}
