"""A bar on standard error for commands that take their time, where someone is there to see it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, ProgressColumn, Task, TaskProgressColumn, TextColumn, TimeRemainingColumn
from rich.text import Text

STEPS = 500
Advance = Callable[[int], None]
NewTask = Callable[[str, int, str], Advance]


class _Rate(ProgressColumn):
    """How many of the task's units go by in a second."""

    def render(self, task: Task) -> Text:
        speed = task.finished_speed or task.speed
        return Text("" if speed is None else f"{speed:,.0f} {task.fields['unit']}/s", style="progress.data.speed")


@contextmanager
def tasks() -> Iterator[NewTask]:
    """Makes tasks: what is done, how many units there are and what these are called; each says how far it got."""
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), _Rate(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:

        def new_task(about: str, total: int, unit: str) -> Advance:
            task = bar.add_task(about, total=total, unit=unit)
            step = total / STEPS
            unseen = 0

            def advance(done: int) -> None:
                nonlocal unseen
                unseen += done
                if unseen >= step:
                    bar.advance(task, unseen)
                    unseen = 0

            return advance

        yield new_task
