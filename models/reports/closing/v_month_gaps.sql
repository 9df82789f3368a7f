with history as (

    select * from {{ ref('v_usage_history') }}
    where period = 'month' and scope in ('ada', 'project')

),

hours as (

    select * from {{ ref('dim_hour') }}

),

built as (

    select
        min({{ epoch('ts') }}) as first_hour_at,
        max({{ epoch('ts') }}) as last_hour_at
    from hours

),

month_ends as (

    select
        history.period_name as closed_month,
        history.period_name || '-01' as begins_on,
        substr(
            {{ iso(epoch("history.period_name || '-01'") ~ ' + 32 * 86400') }}, 1, 7
        ) || '-01' as ends_on
    from history
    where history.scope = 'ada'

),

lacking as (

    select
        month_ends.closed_month,
        {{ as_text("'ada'") }} as scope,
        {{ as_text("'ada'") }} as scope_name,
        {{ as_text("'not built'") }} as lacks,
        {{ as_integer(
            '('
            ~ larger_of('built.first_hour_at - ' ~ epoch('month_ends.begins_on'), 0)
            ~ ' + '
            ~ larger_of(epoch('month_ends.ends_on') ~ ' - built.last_hour_at - 3600', 0)
            ~ ') / 3600.0'
        ) }} as hours
    from month_ends
    cross join built

    {% for lacks in ['not downloaded', 'download incomplete', 'unprocessed'] -%}
        union all

        select
            period_name as closed_month,
            scope,
            scope_name,
            '{{ lacks }}' as lacks,
            hours_{{ lacks | replace(' ', '_') }} as hours
        from history
    {% endfor %}

),

gaps as (

    select * from lacking
    where hours > 0

)

select * from gaps
