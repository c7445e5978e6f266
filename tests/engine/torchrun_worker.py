"""`diffurec`, with something happening to it in the middle of training: torchrun_worker.py WHAT ARGUMENTS…

kill: process 1 dies at step 30 of the first attempt. interrupt: Ctrl-C reaches torchrun at step 30.
"""

from __future__ import annotations

import os
import signal
import sys
from typing import Any

from diffurec.training_step import TrainingStep
from diffurec_tui.cli.main import main

STEP = 30
what = sys.argv.pop(1)
rank, attempt = os.environ["RANK"], os.environ["TORCHELASTIC_RESTART_COUNT"]
take_step = TrainingStep.__call__


def step(self: TrainingStep, index: Any, number: int) -> Any:
    if number == STEP and rank == "1" and attempt == "0":
        if what == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        if what == "interrupt":
            os.kill(os.getppid(), signal.SIGINT)
    return take_step(self, index, number)


TrainingStep.__call__ = step
main()
