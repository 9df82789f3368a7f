{{ config(unique_key='provider_id', merge_exclude_columns=['created_at']) }}

with described as (

    select * from {{ ref('int_ai_providers') }}

),

kept as (

    {{ rows_kept([
        'provider_id', 'provider_name', 'plan_type', 'unit', 'auth_source', 'is_active',
        'config_json', 'created_at', 'updated_at',
    ]) }}

),

wanted as (

    select
        provider_id,
        provider_name,
        plan_type,
        unit,
        auth_source,
        is_active,
        config_json
    from described
    union all
    select
        provider_id,
        provider_name,
        plan_type,
        unit,
        auth_source,
        0 as is_active,
        config_json
    from kept
    where provider_id not in (select described.provider_id from described)

),

stamped as (

    select
        wanted.provider_id,
        wanted.provider_name,
        wanted.plan_type,
        wanted.unit,
        wanted.auth_source,
        {{ as_text('null') }} as account_name,
        coalesce(kept.created_at, {{ as_text(iso(current_epoch())) }}) as created_at,
        case
            when
                wanted.provider_name = kept.provider_name
                and wanted.plan_type = kept.plan_type
                and wanted.unit = kept.unit
                and wanted.auth_source = kept.auth_source
                and wanted.is_active = kept.is_active
                and coalesce(wanted.config_json, '') = coalesce(kept.config_json, '')
                then kept.updated_at
            else {{ as_text(iso(current_epoch())) }}
        end as updated_at,
        {{ as_integer('wanted.is_active') }} as is_active,
        wanted.config_json
    from wanted
    left join kept on wanted.provider_id = kept.provider_id

)

select * from stamped
