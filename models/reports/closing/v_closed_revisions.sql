with closings as (

    select distinct
        closed_month,
        edition,
        version_id
    from {{ ref('fact_closed_total') }}

),

revisions as (

    select
        revision_id,
        revised_at,
        ts,
        reason,
        scope,
        coalesce(cloud_project_name, machine_name, user_id, 'ada') as scope_name
    from {{ ref('fact_usage_revision') }}
    where scope <> 'unattributed'

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

    select * from revisions
    union all
    select
        revisions.revision_id,
        revisions.revised_at,
        revisions.ts,
        revisions.reason,
        'group' as scope,
        users.group_name as scope_name
    from revisions
    inner join users on revisions.scope_name = users.user_id
    where revisions.scope = 'user'

),

since as (

    select
        closings.closed_month,
        closings.edition,
        scoped.scope,
        scoped.scope_name,
        count(distinct scoped.ts) as hours_revised,
        max(scoped.revised_at) as last_revised_at,
        {{ reasons_listed('scoped.reason') }} as reasons
    from closings
    inner join scoped
        on
            closings.closed_month = substr(scoped.ts, 1, 7)
            and closings.version_id < scoped.revision_id
    group by
        closings.closed_month, closings.edition, scoped.scope, scoped.scope_name

)

select * from since
