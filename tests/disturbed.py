"""A command that is disturbed in one of its stages: ``python -m tests.disturbed STAGE DISTURBANCE WORD...``.

The disturbance is a signal that the process sends itself, or ``ENOSPC``, the error of a full disk. It comes
at the same moment whenever the command is run.
"""

import errno
import importlib
import os
import signal
import sys
import time

STAGES = {
    "import": ("jax", "", 0),
    "drawing levels": ("gmbench.runs.group", "training_levels", 1),
    "compiling": ("gmbench.runs.execution", "plan_memory", 1),
    "training": ("gmbench.runs.training_programs", "Cohort.update", 3),
    "evaluating": ("gmbench.runs.execution", "evaluate_batch", 1),
    "drawing figures": ("gmbench.reports.drawing", "save_figures", 1),
}
"""For each stage of a run a module, a function of it that the stage calls, and the call that is disturbed."""
OTHERS = {
    "drawing a picture": ("gmbench.reports.pictures.task_levels", "level_sheet", 1),
    "playing the probes": ("gmbench.studies.calibration", "calibrate", 1),
}
"""The same for commands that store no run."""


def disturb(stage, disturbance):
    """Raises the error, or sends the signal and goes on for ever, as a stage that takes long."""
    from gmbench.cli.interrupts import INTERRUPTS

    if disturbance == "ENOSPC":
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    os.kill(os.getpid(), getattr(signal, disturbance))
    # Only training is not stopped at once: it notes the signal, and the run goes on to its next checkpoint.
    while stage != "training" or not INTERRUPTS.asked():
        time.sleep(0.01)


class DisturbedImport:
    """Disturbs the import of a module."""

    def __init__(self, module, disturbance):
        self.module, self.disturbance = module, disturbance

    def find_spec(self, name, path, target=None):
        if name == self.module:
            disturb("import", self.disturbance)


def arrange(stage, disturbance):
    """Arranges that a stage of a later command is disturbed."""
    module, function, number = {**STAGES, **OTHERS}[stage]
    if not function:
        sys.meta_path.insert(0, DisturbedImport(module, disturbance))
        return
    owner = importlib.import_module(module)
    *path, name = function.split(".")
    for part in path:
        owner = getattr(owner, part)
    original, calls = getattr(owner, name), []

    def disturbed(*arguments, **options):
        calls.append(name)
        if len(calls) == number:
            disturb(stage, disturbance)
        return original(*arguments, **options)

    setattr(owner, name, disturbed)


if __name__ == "__main__":
    from gmbench.cli.entry import main

    arrange(*sys.argv[1:3])
    sys.argv[1:] = sys.argv[3:]
    main()
