"""One step in a process of its own: `python -m pipelines.benchmark.child STEP SETTING-AS-JSON` prints its cost as JSON.

Its peak memory is then the step's own.
"""

import json
import os
import subprocess
import sys
from dataclasses import asdict

from pipelines.benchmark.clock import Clock, Cost
from pipelines.benchmark.setting import Setting
from recsys.errors import RecsysError


def measured(step: str, setting: Setting) -> Cost:
    """Run one step in a new process.

    Raises:
        RecsysError: the step failed; the message carries the end of what it said.
    """
    command = [sys.executable, "-m", "pipelines.benchmark.child", step, json.dumps(asdict(setting))]
    threads = {name: str(setting.threads) for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env={**os.environ, **threads})  # noqa: S603 - our own module
    if done.returncode:
        said = done.stderr.strip().splitlines() or ["nothing"]
        raise RecsysError(f"the step {step!r} ended with {done.returncode}, saying: {said[-1]}")
    return Cost(**json.loads(done.stdout.splitlines()[-1]))


def main() -> None:
    """What the new process does."""
    from pipelines.benchmark.steps import STEPS  # the parent does without what the steps import

    step, setting, clock = STEPS[sys.argv[1]], Setting(**json.loads(sys.argv[2])), Clock()
    step.run(setting, clock)
    print(json.dumps(asdict(clock.cost())))


if __name__ == "__main__":
    main()
