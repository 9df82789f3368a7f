with versions as (

    select
        *,
        {{ epoch('ts') }} as hour_at
    from {{ ref('int_usage_versions') }}
    where scope = 'project'

),

unplaced as (

    select distinct versions.cloud_project_name
    from versions
    where
        versions.is_removed = 0
        and not exists (
            select 1
            from {{ ref('int_machines_placed') }} as placed
            where
                placed.hour_at = versions.hour_at
                and placed.cloud_project_name = versions.cloud_project_name
        )
        and not exists (
            select 1
            from {{ ref('int_usage_versions') }} as later
            where
                later.ts = versions.ts
                and later.scope = versions.scope
                and later.cloud_project_name = versions.cloud_project_name
                and later.version_id > versions.version_id
        )

)

select * from unplaced
