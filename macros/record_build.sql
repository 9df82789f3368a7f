{#- Notes in raw_builds, in the transaction of fact_usage, up to which change its rows
    have taken the inputs in. A build that is killed before it notes nothing, and the
    next one computes the same slots again. -#}
{% macro record_build() -%}
    insert into {{ this.incorporate(path={'identifier': 'raw_builds'}) }} (
        change_id, factor_change_id, pulled_until, built_at, pulled_from
    )
    select distinct
        slots_due.change_id,
        slots_due.factor_change_id,
        slots_due.pulled_until,
        {{ current_epoch() }},
        slots_due.pulled_from
    from {{ ref('int_slots_due') }} as slots_due
    left join {{ ref('stg_loaders__builds') }} as builds
        on
            slots_due.change_id = builds.change_id
            and slots_due.factor_change_id = builds.factor_change_id
            and slots_due.pulled_until = builds.pulled_until
            and slots_due.pulled_from = builds.pulled_from
    where builds.build_id is null
    on conflict (change_id, factor_change_id, pulled_until) do update
    set pulled_from = excluded.pulled_from
{%- endmacro %}
