with documents as (

    select * from {{ ref('int_host_documents') }}

),

bounds as (

    select
        host,
        documented_from as bound_at
    from documents

    union

    select
        host,
        documented_until as bound_at
    from documents
    where documented_until is not null

),

stretches as (

    select
        host,
        bound_at as stretch_from,
        lead(bound_at) over (partition by host order by bound_at) as stretch_until
    from bounds

),

ranked as (

    select
        stretches.host,
        stretches.stretch_from,
        stretches.stretch_until,
        documents.cloud_project_name,
        documents.machine_name,
        row_number() over (
            partition by stretches.host, stretches.stretch_from
            order by documents.first_seen_at desc, documents.host_document_id desc
        ) as place
    from stretches
    inner join documents
        on
            stretches.host = documents.host
            and stretches.stretch_from >= documents.documented_from
            and stretches.stretch_from
            < coalesce(documents.documented_until, stretches.stretch_from + 1)

),

documented as (

    select
        host,
        stretch_from as documented_from,
        stretch_until as documented_until,
        cloud_project_name,
        machine_name
    from ranked
    where place = 1

)

select * from documented
