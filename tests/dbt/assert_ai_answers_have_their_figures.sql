-- A provider changes the shape of its answers without a word, and the paths of the seed
-- then name nothing: usage that is unknown must not look like usage that rests. Warns,
-- for the other providers are as they were.
{{ config(severity='warn') }}

select
    latest.provider_id,
    latest.fetched_at,
    latest.status_message
from {{ ref('v_provider_latest') }} as latest
inner join {{ ref('providers') }} as providers
    on latest.provider_id = providers.provider_id
where providers.is_active = 1 and latest.status_message like 'the answer lacks %'
