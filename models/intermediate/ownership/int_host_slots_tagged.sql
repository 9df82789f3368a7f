{%- set slot_end = 'measured.slot_at + 1800' %}

with owned as (

    select * from {{ ref('int_workspaces_owned') }}
    where cloud_project_name is not null

),

ranked as (

    select
        measured.host,
        measured.slot_at,
        owned.cloud_project_name,
        row_number() over (
            partition by measured.host, measured.slot_at
            order by
                {{ smaller_of(
                    'coalesce(owned.owned_until, ' ~ slot_end ~ ')', slot_end
                ) }} desc,
                owned.owned_from desc,
                owned.workspace_document_id desc
        ) as place
    from {{ ref('int_slots_due') }} as slots_due
    cross join {{ ref('int_host_slots_measured') }} as measured
    inner join owned
        on
            measured.host = owned.host
            and {{ slot_end }} > owned.owned_from
            and measured.slot_at < coalesce(owned.owned_until, {{ slot_end }})
    where
        slots_due.slot_at = measured.slot_at
        and measured.cloud_project_name is null

),

tagged as (

    select
        host,
        slot_at,
        cloud_project_name
    from ranked
    where place = 1

)

select * from tagged
