"""A small fleet without irregularities: what the sources say of it, and its truth.

Every scrape falls on a full minute, so that one lies on each half-hour, and the figures
that follow from `busy` and `idle` must come out to the precision of a float.
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from tests.pipeline.machines import Life, Load, Machine, slots
from tests.servers.carbon import slot
from tests.servers.prometheus import Scraped


def at(text: str) -> int:
    """Epoch of `11 09:40` in September 2025, UTC."""
    day, time = text.split()
    whole = time if time.count(":") == 2 else f"{time}:00"
    return int(datetime.fromisoformat(f"2025-09-{day}T{whole}+00:00").timestamp())


SINCE, UNTIL = at("10 12:00"), at("12 12:00")
EARLIER, LATER = at("10 11:00"), at("12 13:00")
DATABASE = "ada"


def _always(cores: int, base: float, swing: float, since: str = "02 07:11") -> Life:
    return Life(at(since), LATER, cores, Load(base, swing, 20_000.0 + 997 * cores))


def _labels(project: str, machine: str) -> tuple[tuple[float, Mapping[str, str]], ...]:
    return ((0, {"cloud_project_name": project, "machine_name": machine}),)


# one for each way in which a host gets its project, its machine and its owner
MACHINES = [
    Machine("172.16.100.50:9100", [_always(4, 0.5, 0.3)], _labels("IDAaaS", "Artemis")),
    Machine(
        "host-172-16-100-51.nubes.stfc.ac.uk:9100",
        [_always(8, 0.2, 0.1)],
        _labels("IDAaaS", "Muons"),
    ),
    Machine("172.16.100.52:9100", [_always(2, 0.7, 0.2)]),
    Machine("172.16.100.53:9100", [_always(2, 0.04, 0.0)]),
    Machine(
        "172.16.100.54:9100",
        [Life(at("11 08:20"), at("11 18:00"), 8, Load(0.9, 0.05, 5_000.0))],
        _labels("CDAaaS", "Laser"),
    ),
    Machine("vm-six:9100", [_always(4, 0.3, 0.25)], _labels("CDAaaS", "SANS")),
    Machine("vm-seven", [_always(1, 0.6, 0.1)], _labels("DDAaaS", "Artemis")),
    Machine(
        "172.16.100.57:9100", [_always(2, 0.4, 0.4)], ((0, {"machine_name": "SANS"}),)
    ),
    Machine("172.16.100.58:9100", [_always(2, 0.1, 0.1)]),
]

# what each host is matched by, in the order of MACHINES
HOSTS = [
    *("172.16.100.50", "172.16.100.51", "172.16.100.52", "172.16.100.53"),
    *("172.16.100.54", "vm-six", "vm-seven", "172.16.100.57", "172.16.100.58"),
]

# project and machine of each host, in the order of MACHINES
PLACES = [
    ("IDAaaS", "Artemis"),
    ("IDAaaS", "Muons"),
    ("DDAaaS", "Muons"),
    ("(unlabelled)", "(unlabelled)"),
    ("CDAaaS", "Laser"),
    ("CDAaaS", "SANS"),
    ("DDAaaS", "Artemis"),
    ("CDAaaS", "SANS"),
    ("IDAaaS", "(unlabelled)"),
]

# number of the host, owner, since, until
OWNED: list[tuple[int, str, int, int]] = [
    (0, "alice", at("08 00:00"), LATER),
    (1, "alice", at("10 20:10"), at("11 09:40:30")),
    (1, "bob", at("11 03:05"), at("11 22:20")),
    (2, "carol", at("11 00:00"), LATER),
    (4, "carol", at("11 07:00"), at("11 18:15")),
    (5, "dave", at("09 00:00"), at("11 06:10")),
    (5, "alice", at("11 08:00:07"), LATER),
    (6, "bob", at("10 13:15"), at("11 12:00")),
    (6, "bob", at("11 11:00"), at("12 00:40")),
    (8, "frank", at("01 00:00"), LATER),
]


def _time(text: str) -> datetime:
    return datetime.fromtimestamp(at(text), UTC)


def documents() -> dict[str, list[dict[str, Any]]]:
    """The platform's collections; times as BSON dates and as ISO text."""
    workspaces: list[dict[str, Any]] = [
        {
            "hostname": "host-172-16-100-50.nubes.stfc.ac.uk",
            "owner": "alice",
            "state": "CLAIMED",
            "tag": "IDAaaS",
            "created_time": _time("07 00:00"),
            "acquired_time": _time("08 00:00"),
            "parameters": {"users": ["bob"]},
        },
        {
            "hostname": "172.16.100.51",
            "owner": "alice",
            "state": "DELETED",
            "tag": "IDAaaS",
            "acquired_time": "2025-09-10T20:10:00Z",
            "deleted_time": "2025-09-11T09:40:30+00:00",
        },
        {
            "hostname": "172.16.100.51:9100",
            "owner": "bob",
            "state": "DELETED",
            "tag": "IDAaaS",
            "created_time": _time("10 01:00"),
            "acquired_time": _time("11 03:05"),
            "deleted_time": _time("11 22:20"),
        },
        {
            "hostname": "HOST-172-16-100-52.nubes.stfc.ac.uk",
            "owner": "carol",
            "state": "CLAIMED",
            "acquired_time": _time("11 00:00"),
        },
        {
            "hostname": "172.16.100.54",
            "owner": "carol",
            "state": "DELETED",
            "tag": "CDAaaS",
            "acquired_time": _time("11 07:00"),
            "deleted_time": _time("11 18:15"),
        },
        {
            "hostname": "vm-six",
            "owner": "dave",
            "state": "DELETED",
            "acquired_time": _time("09 00:00"),
            "deleted_time": _time("11 06:10"),
        },
        {
            "hostname": "vm-six",
            "owner": "alice",
            "state": "CLAIMED",
            "created_time": _time("11 08:00:07"),
        },
        {
            "hostname": "vm-seven",
            "owner": "bob",
            "state": "DELETED",
            "acquired_time": _time("10 13:15"),
            "deleted_time": _time("11 12:00"),
        },
        {
            "hostname": "vm-seven",
            "owner": "bob",
            "state": "DELETED",
            "acquired_time": _time("11 11:00"),
            "deleted_time": _time("12 00:40"),
        },
        {
            "hostname": "172.16.100.58",
            "owner": "frank",
            "state": "CLAIMED",
            "tag": "IDAaaS",
            "acquired_time": _time("01 00:00"),
        },
    ]
    return {
        "workspaces": [
            {"_id": f"w{number}", **one} for number, one in enumerate(workspaces)
        ],
        "users": [
            {"_id": "u1", "platform_name": "alice", "name": "Alice A", "gid": 100},
            {"_id": "u2", "platform_name": "bob", "name": "Bob B", "gid": 999},
            {"_id": "u3", "platform_name": "carol", "name": "Carol C", "gid": "300"},
            {"_id": "u4", "platform_name": "erin", "name": "Erin E", "gid": 100},
            {"_id": "u5", "platform_name": "frank", "name": "Frank F", "gid": 200},
        ],
        "groups": [
            {"_id": "g1", "name": "isis", "gid": 100, "members": ["bob", "carol"]},
            {"_id": "g2", "name": "clf", "gid": 200, "members": ["alice", "bob"]},
            {"_id": "g3", "name": "empty", "gid": 400, "members": []},
        ],
        "hosts": [
            {
                "_id": "h1",
                "hostname": "172.16.100.52",
                "cloud_project_name": "DDAaaS",
                "machine_name": "Muons",
            },
            {
                "_id": "h2",
                "hostname": "host-172-16-100-57.nubes.stfc.ac.uk",
                "cloud_project_name": "CDAaaS",
                "machine_name": "Laser",
            },
        ],
    }


DISPLAY_NAMES = {
    "alice": "Alice A",
    "bob": "Bob B",
    "carol": "Carol C",
    "dave": None,
    "erin": "Erin E",
    "frank": "Frank F",
}
GROUPS = {
    "alice": "isis",
    "bob": "clf",
    "carol": "isis",
    "erin": "isis",
    "frank": "clf",
}
GROUP_NAMES = ["clf", "empty", "isis"]
MEMBERSHIPS = {
    ("alice", "IDAaaS"),
    ("alice", "CDAaaS"),
    ("bob", "IDAaaS"),
    ("bob", "DDAaaS"),
    ("carol", "DDAaaS"),
    ("carol", "CDAaaS"),
    ("dave", "CDAaaS"),
    ("frank", "IDAaaS"),
}

ABSENT, NULL_ACTUAL, BOGUS = at("11 10:30"), at("11 14:00"), at("12 03:00")
ONLY_ACTUAL, BOTH_ABSENT = at("11 20:00"), (at("12 08:00"), at("12 08:30"))


def grid(slot_at: int) -> tuple[float | None, float | None]:
    """Forecast and actual intensity of a half-hour, as the API has them."""
    wave = (slot_at // 1800 * 37) % 110
    forecast, actual = float(150 + wave), float(145 + wave)
    if slot_at == ABSENT or slot_at in BOTH_ABSENT:
        return None, None
    if slot_at == NULL_ACTUAL:
        return forecast, None
    if slot_at == BOGUS:
        return forecast, 0.0
    if slot_at == ONLY_ACTUAL:
        return None, actual
    return forecast, actual


def carbon_slots() -> Iterator[dict[str, Any]]:
    """What the carbon API serves; a half-hour without figures is not there at all."""
    for slot_at in slots(EARLIER, LATER):
        forecast, actual = grid(slot_at)
        if slot_at == NULL_ACTUAL:
            yield slot(slot_at, forecast=forecast, actual=None)
        elif slot_at == ONLY_ACTUAL:
            yield slot(slot_at, actual=actual)
        elif forecast is not None:
            yield slot(slot_at, forecast=forecast, actual=actual)


def scraped() -> Iterator[Scraped]:
    """All series of the fleet."""
    for machine in MACHINES:
        yield from machine.scraped(EARLIER, LATER)
