"""The JSON output of the command ``speed``."""

from __future__ import annotations

import dataclasses
from typing import Any

from gmbench.speed.machine import describe_machine
from gmbench.speed.report import Report, Row


def report_to_json(report: Report) -> dict[str, Any]:
    """Converts a report to values that JSON can hold; units are seconds, bytes and operations."""
    ceilings = {
        name: {
            "before": dataclasses.asdict(getattr(report.before, name)),
            "after": dataclasses.asdict(getattr(report.after, name)),
            "used": getattr(report, name),
        }
        for name in ("arithmetic", "bandwidth")
    }
    rows = [_row_to_json(report, row) for row in report.rows]
    return {"machine": describe_machine(), "ceilings": ceilings, "rows": rows}


def _row_to_json(report: Report, row: Row) -> dict[str, Any]:
    measured, reached = row.measured, report.reached(row)
    memory = None if measured.memory is None else dataclasses.asdict(measured.memory)
    return {
        "task": row.task,
        "seeds": row.seeds,
        "environments": row.environments,
        "budget": row.budget,
        "steps_per_call": measured.steps,
        "steps_per_second": dataclasses.asdict(measured.timing.rate(measured.steps)),
        "calls_per_repeat": measured.timing.calls,
        "seconds_per_call": list(measured.timing.seconds),
        "compile_seconds": measured.compile_seconds,
        "per_call": {**dataclasses.asdict(measured.cost), "complete": measured.cost.complete},
        "memory": memory and {**memory, "peak": measured.memory and measured.memory.peak},
        "device_peak": measured.device_peak,
        "holds": measured.holds,
        "temporaries": row.temporaries,
        "reached": {**dataclasses.asdict(reached), "limit": reached.limit, "fraction": reached.fraction},
    }
