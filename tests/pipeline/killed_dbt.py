"""dbt that dies, as if killed, as soon as it has finished a model.

`python -m tests.pipeline.killed_dbt MODEL ARGUMENT …` runs dbt in the working folder.
"""

import os
import signal
import sys

from dbt.cli.main import dbtRunner
from dbt_common.events.base_types import EventMsg


def main(model: str, *arguments: str) -> None:
    """Run dbt; exit with 3 when it came to its end without finishing the model."""

    def die_after(event: EventMsg) -> None:
        if (
            event.info.name == "NodeFinished"
            and event.data.node_info.node_name == model
        ):
            os.kill(os.getpid(), signal.SIGKILL)

    dbtRunner(callbacks=[die_after]).invoke(["--quiet", *arguments])
    sys.exit(3)


if __name__ == "__main__":
    main(*sys.argv[1:])
