"""Work on networks spread over processes, with a count of what is done."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from multiprocessing import get_context
from typing import Any

from benchmarks.inference_grounds import Ground

PROCESSES = 2


@dataclass(frozen=True, slots=True)
class Task:
    """A function to call with a network, by its name, and further arguments; `storms` is how much that is."""

    work: Callable[..., Any]
    ground: str
    arguments: tuple[Any, ...]
    storms: int


_grounds: dict[str, Ground] = {}


def run_all(
    grounds: Sequence[Ground], tasks: Sequence[Task], show: Callable[[str, int, int], None]
) -> list[Any]:
    """Return what every task gives, in their order; `show` is told how many storms of how many are done."""
    _grounds.update({ground.name: ground for ground in grounds})
    total, done = sum(task.storms for task in tasks), 0
    show("storms", 0, total)
    given: dict[int, Any] = {}
    # A forked process has the networks already.
    with ProcessPoolExecutor(PROCESSES, mp_context=get_context("fork")) as pool:
        waiting = {pool.submit(_run, task): number for number, task in enumerate(tasks)}
        for one in as_completed(waiting):
            given[waiting[one]] = one.result()
            done += tasks[waiting[one]].storms
            show("storms", done, total)
    return [given[number] for number in range(len(tasks))]


def _run(task: Task) -> Any:
    return task.work(_grounds[task.ground], *task.arguments)
