"""The command line: one file per command.

`main` has the commands ``gmbench list``, ``show``, ``run``, ``sweep``, ``merge``, ``score``, ``calibrate``
and ``speed``. The other commands of this folder are for studies and for maintainers, and are run as
``python -m gmbench.cli.NAME``: ``competence``, ``horizons``, ``freeze``, ``pages``, ``architecture``,
``planning_cost`` and ``startup``.
"""

from gmbench.cli.interrupts import is_standalone, watch_standalone

watch_standalone()
if is_standalone():
    # The modules of such commands import gymnax, which imports matplotlib and computes, as soon as they are
    # imported.
    from gmbench.cli.endings import check_chosen_devices
    from gmbench.cli.inherited import settle_inherited

    settle_inherited()
    check_chosen_devices()
