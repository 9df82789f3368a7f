{#- A SELECT of the readings (target_id, host, read_at) of each target within ranges of
    time, both ends included, with its last one before and its first one after: what a
    difference, or a gap that crosses an end of the range, needs.
    ranges: CTE of range_from and range_until. targets: CTE of int_targets. samples: the
    relation itself; SQLite would copy a CTE of it that is read more than once. -#}
{% macro readings_around(ranges, targets, samples) -%}
    select
        {{ targets }}.target_id,
        {{ targets }}.host,
        readings_within.read_at
    from {{ ranges }}
    cross join {{ targets }}
    inner join {{ samples }} as readings_within
        on
            {{ targets }}.idle_series_id = readings_within.series_id
            and readings_within.read_at
            between {{ ranges }}.range_from and {{ ranges }}.range_until

    union

    select
        {{ targets }}.target_id,
        {{ targets }}.host,
        {{ last_read_before(
            samples, targets ~ '.idle_series_id', ranges ~ '.range_from'
        ) }} as read_at
    from {{ ranges }}
    cross join {{ targets }}

    union

    select
        {{ targets }}.target_id,
        {{ targets }}.host,
        {{ first_read_after(
            samples, targets ~ '.idle_series_id', ranges ~ '.range_until'
        ) }} as read_at
    from {{ ranges }}
    cross join {{ targets }}
{%- endmacro %}
