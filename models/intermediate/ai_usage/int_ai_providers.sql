with providers as (

    select * from {{ ref('ai_providers') }}

),

landed as (

    select * from {{ ref('stg_ai_usage__providers') }}

),

described as (

    select
        providers.provider_id,
        providers.provider_name,
        providers.plan_type,
        providers.unit,
        landed.config_json,
        coalesce(landed.auth_source, 'environment') as auth_source,
        {{ as_integer('case when landed.auth_source is null then 0 else 1 end') }}
            as is_active
    from providers
    left join landed on providers.provider_id = landed.provider_id

)

select * from described
