"""Several workers under one command, by uvicorn's supervisor: one that dies or hangs is replaced."""

import os
import sys
from tempfile import TemporaryDirectory

import uvicorn
from uvicorn.config import STARTUP_FAILURE
from uvicorn.supervisors import Multiprocess

from service.metrics import FOLDER as SHARED_BY_WORKERS


class Supervisor(Multiprocess):
    """Uvicorn's, which sees at once that a worker died while it was being asked whether it is well."""

    def keep_subprocess_alive(self) -> None:
        """Replace those that died or hang.

        A dead worker's end of its pipe counts as closed only once the copy here is, too; until then its answer is
        waited for as long as a hanging one's.
        """
        for process in self.processes:
            process.child_conn.close()
        super().keep_subprocess_alive()


def run_several(config: uvicorn.Config) -> None:
    """Run `config.workers` processes until a signal ends them; `TAGREEL_`'s settings must be in the environment.

    Raises:
        SystemExit: one of them could not start, or the port cannot be had.
    """
    with TemporaryDirectory(prefix="tagreel-") as folder:
        os.environ[SHARED_BY_WORKERS] = folder
        workers = Supervisor(config, [config.bind_socket()])
        workers.run()
    if STARTUP_FAILURE in [process.exitcode for process in workers.processes]:
        sys.exit(STARTUP_FAILURE)
