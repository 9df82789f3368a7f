with history as (

    select * from {{ ref('v_usage_history') }}
    where period = 'month' and scope in ('ada', 'project')

),

hours as (

    select * from {{ ref('dim_hour') }}

),

last_hour as (

    select max({{ epoch('ts') }}) as hour_at from hours

),

month_ends as (

    select
        history.period_name as closed_month,
        substr(
            {{ iso(epoch("history.period_name || '-01'") ~ ' + 32 * 86400') }}, 1, 7
        ) || '-01' as ends_on
    from history
    where history.scope = 'ada'

),

lacking as (

    select
        month_ends.closed_month,
        'ada' as scope,
        'ada' as scope_name,
        'not built' as lacks,
        {{ as_integer(
            '(' ~ epoch('month_ends.ends_on') ~ ' - last_hour.hour_at) / 3600.0 - 1'
        ) }} as hours
    from month_ends
    cross join last_hour

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
