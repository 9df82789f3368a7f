"""Names of files for projects, which any file system takes and keeps apart."""

import hashlib
import re
from collections.abc import Iterable
from urllib.parse import quote

LONGEST = 150
DEVICE = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)


def file_names(projects: Iterable[str]) -> dict[str, str]:
    """The name of each project's file, without an ending.

    Of names that differ only in case, which some file systems take for one, the first
    keeps its own; so a project keeps its name whatever others come after it.
    """
    names: dict[str, str] = {}
    taken: set[str] = set()
    for project in projects:
        name = file_name(project)
        if name.lower() in taken:
            name = f"{name}~{_digest(project)}"
        taken.add(name.lower())
        names[project] = name
    return names


def file_name(project: str) -> str:
    """A name that no other project has, unless in other capitals.

    Characters that a file system may refuse are percent-encoded; a long name is cut and
    ends in a digest of the whole. No project has a tilde in its own.
    """
    name = quote(project, safe=" ()+,=@", errors="surrogatepass").replace("~", "%7E")
    if name.startswith(".") or DEVICE.fullmatch(name):
        name = f"%{ord(name[0]):02X}{name[1:]}"
    if len(name) > LONGEST:
        name = f"{name[:LONGEST]}~{_digest(project)}"
    return name


def _digest(project: str) -> str:
    return hashlib.sha256(project.encode(errors="surrogatepass")).hexdigest()[:16]
