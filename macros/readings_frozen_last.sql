{#- A SELECT of the last frozen reading (host, read_at, hour_at) of each host that was
    measured after it, in hour_at for the first time: what that half-hour counts from.
    schema: of the tables that the last build left. -#}
{% macro readings_frozen_last(schema) -%}
    select
        measured.host,
        max(
            case
                when
                    measured.slot_at < frontier.frozen_before
                    and measured.last_scrape_at is not null
                    then measured.slot_at + 1800
            end
        ) as read_at,
        min(
            case
                when measured.slot_at >= frontier.frozen_before then measured.hour_at
            end
        ) as hour_at
    from {{ schema }}.int_host_slots_measured as measured
    cross join ({{ frozen_before(schema) }}) as frontier
    group by measured.host
    having
        max(
            case
                when
                    measured.slot_at < frontier.frozen_before
                    and measured.last_scrape_at is not null
                    then 1
                else 0
            end
        ) = 1
        and max(measured.slot_at - frontier.frozen_before) >= 0
{%- endmacro %}
