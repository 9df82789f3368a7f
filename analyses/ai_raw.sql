select
    answers.provider_id,
    answers.raw_json,
    answers.http_status,
    answers.fetched_at
from {{ ref('fact_provider_answer') }} as answers
where :provider in ('', answers.provider_id)
order by answers.fetched_at desc, answers.id desc
limit :top
