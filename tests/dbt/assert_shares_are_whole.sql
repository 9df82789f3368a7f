-- The shares of a host's half-hour, its owners' and the unattributed one, are the whole
-- of it: less loses usage, more invents it. Gates fact_usage.
with shared as (

    select * from {{ ref('int_host_slots_shared') }}

)

select
    host,
    slot_at,
    sum(share) as shares
from shared
group by host, slot_at
having abs(sum(share) - 1.0) > 1e-9 or min(share) < 0
