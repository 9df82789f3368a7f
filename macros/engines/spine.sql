{#- A SELECT of one row per step from a first to a last instant, both included, as
    `slot_at`; no row when either is null or last is before first.
    first, last: SQL expressions of epoch seconds (scalar sub-queries will do).
    step: seconds. -#}
{% macro spine(first, last, step) -%}
    {{- return(adapter.dispatch('spine')(first, last, step)) -}}
{%- endmacro %}

{% macro sqlite__spine(first, last, step) -%}
    with recursive steps (slot_at, last_at) as (
        select {{ first }}, {{ last }}
        where {{ first }} <= {{ last }}
        union all
        select slot_at + {{ step }}, last_at
        from steps
        where slot_at + {{ step }} <= last_at
    )

    select slot_at from steps
{%- endmacro %}

{% macro duckdb__spine(first, last, step) -%}
    select unnest(generate_series(
        cast({{ first }} as bigint), cast({{ last }} as bigint), {{ step }}
    )) as slot_at
{%- endmacro %}

{% macro spark__spine(first, last, step) -%}
    select explode(sequence(
        cast({{ first }} as bigint), cast({{ last }} as bigint), {{ step }}L
    )) as slot_at
{%- endmacro %}
