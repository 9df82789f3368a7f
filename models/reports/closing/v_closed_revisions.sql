with changes as (

    select
        closed_month,
        edition,
        scope,
        scope_name,
        ts,
        reason,
        changed_at
    from {{ ref('fact_closed_change') }}

),

users as (

    select
        dim_users.user_id,
        user_groups.group_name
    from {{ ref('dim_user') }} as dim_users
    inner join {{ ref('dim_group') }} as user_groups
        on dim_users.group_id = user_groups.group_id

),

scoped as (

    select * from changes
    union all
    select
        changes.closed_month,
        changes.edition,
        'group' as scope,
        users.group_name as scope_name,
        changes.ts,
        changes.reason,
        changes.changed_at
    from changes
    inner join users on changes.scope_name = users.user_id
    where changes.scope = 'user'

),

since as (

    select
        closed_month,
        edition,
        scope,
        scope_name,
        {{ as_integer('count(distinct ts)') }} as hours_revised,
        max(changed_at) as last_revised_at,
        {{ as_text(reasons_listed('reason')) }} as reasons
    from scoped
    group by closed_month, edition, scope, scope_name

)

select * from since
