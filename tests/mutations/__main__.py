"""`python -m tests.mutations [MODEL …]`: a table, and the changes that survived.

Exits with 1 when one did that equivalents.toml does not explain, or when an explanation
there is of no use.
"""

import sys
import tempfile
from pathlib import Path

from tests.mutations.mutants import mutants
from tests.mutations.unit_tests import judge, unit_tests
from tests.mutations.verdicts import equivalents, judged


def main(models: list[str]) -> int:
    """Judge the unit tests of some models, without any those of all."""
    known = equivalents()
    with tempfile.TemporaryDirectory() as folder:
        database, tests = unit_tests(Path(folder) / "project")
        chosen = [one for one in tests if not models or one.model in models]
        with judge(database) as judging:
            verdicts = judged(mutants(chosen), judging, known)
    idle = [] if models else known.idle()
    survived = [f"{one.owner}: {one.change}" for one in verdicts.unnoticed]
    for title, lines in (("survived", survived), ("explains nothing", idle)):
        for line in lines:
            sys.stdout.write(f"{title}: {line}\n")
    sys.stdout.write(f"{verdicts.table()}\n")
    return 1 if survived or idle else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
