{#- A SELECT of hours by scope, name and period, and how many of them lack what.
    days: CTE of the same by day. periods: CTE of dim_period. -#}
{% macro hours_by_period(days, periods) -%}
    select
        {{ days }}.scope,
        {{ days }}.scope_name,
        {{ periods }}.period,
        {{ period_name(days ~ '.day', periods) }} as period_name,
        max({{ days }}.is_simulated) as is_simulated,
        sum({{ days }}.hours_expected) as hours_expected,
        sum({{ days }}.hours_processed) as hours_processed,
        sum({{ days }}.hours_not_downloaded) as hours_not_downloaded,
        sum({{ days }}.hours_download_incomplete) as hours_download_incomplete,
        sum({{ days }}.hours_unprocessed) as hours_unprocessed
    from {{ days }}
    cross join {{ periods }}
    group by
        {{ days }}.scope,
        {{ days }}.scope_name,
        {{ periods }}.period,
        {{ period_name(days ~ '.day', periods) }}
{%- endmacro %}
