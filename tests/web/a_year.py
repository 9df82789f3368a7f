"""A year of 50 projects, written straight into the durable tables.

Figures are made up from the numbers of hour and name, busier by day; what matters is
how many rows there are: 1.5 million of usage.
"""

import sqlite3
from contextlib import closing
from pathlib import Path

END = "2026-01-01T00:00:00Z"
PROJECTS, MACHINES, USERS, GROUPS = 50, 20, 200, 10

# HALF_HOURS is how many there are; a user has every fourth hour
STATEMENTS = f"""
delete from fact_usage;
delete from fact_usage_by_host;
delete from active_workspace;
delete from map_user_project;
delete from map_project_machine;
delete from dim_hour;
delete from fact_intensity;
delete from dim_user;
delete from dim_group;
delete from dim_project;
delete from dim_machine;

create temp table numbers as
with recursive numbers (n) as (select 0 union all select n + 1 from numbers where n < HALF_HOURS - 1)
select n from numbers;
create temp table hours as
select n, strftime('%Y-%m-%dT%H:00:00Z', '{END}', '-' || (HALF_HOURS / 2 - n) || ' hours') as ts,
    1.0 + 0.5 * abs((n % 24) - 12) / 12 + (n % 168) / 168.0 as load
from numbers where n < HALF_HOURS / 2;

insert into dim_hour select ts, case n % 500 when 0 then 'incomplete' else 'complete' end, 1 from hours;
insert into fact_intensity
select strftime('%Y-%m-%dT%H:%M:00Z', '{END}', '-' || ((HALF_HOURS - n) * 30) || ' minutes'), 150 + n % 97, 140 + n % 101, 0
from numbers;
insert into dim_project select n, 'project ' || n from numbers where n < {PROJECTS};
insert into dim_machine select n, 'machine ' || n from numbers where n < {MACHINES};
insert into dim_group select n, 'group ' || n from numbers where n < {GROUPS};
insert into dim_user select 'user' || n, 'User ' || n, n % {GROUPS} from numbers where n < {USERS};

create temp table cuts as
select 'ada' as scope, null as project_id, null as machine_id, null as user_id, 0 as every, {PROJECTS} as size
union all select 'project', project_id, null, null, 0, 1 from dim_project
union all select 'machine', null, machine_id, null, 0, {PROJECTS / MACHINES} from dim_machine
union all select 'user', null, null, user_id, 4, {PROJECTS / USERS} from dim_user;

insert into fact_usage
select null, ts, scope, project_id, machine_id, user_id, load * size * 3600, load * size * 7200,
    load * size * 0.012, load * size * 0.002, load * size * 1.8, load * size * 0.3, 150, load * size * 0.014,
    load * size * 0.007, load * size * 0.028, load * size, load * size * 4.2, load * size * 2.1, 0, 0, 'actual', 0, 0
from cuts cross join hours
where every = 0 or (n + length(user_id)) % every = 0;

insert into fact_usage_by_host
select ts, 'host' || project_id, project_id, project_id % {MACHINES}, 'user' || (project_id * 4 + n % 4), 3600,
    load * 3600, load * 7200, load * 0.012, load * 0.002, load * 1.8, load * 0.3, load * 0.014,
    load * 0.007, load * 0.028, load, load * 4.2, load * 2.1, 0, 0, 0, 0
from dim_project cross join hours;
insert into map_project_machine select project_id, project_id % {MACHINES} from dim_project;
insert into map_user_project select 'user' || n, n / 4 from numbers where n < {USERS};
"""  # noqa: E501, S608


def write_a_year(built: Path, target: Path, days: int = 365) -> None:
    """A copy of a built database, with so many days in place of what it held."""
    with (
        closing(sqlite3.connect(built)) as source,
        closing(sqlite3.connect(target)) as database,
    ):
        source.backup(database)
        database.executescript("pragma journal_mode = off; pragma synchronous = off;")
        database.executescript(STATEMENTS.replace("HALF_HOURS", str(48 * days)))
