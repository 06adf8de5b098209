"""A figure to reach, what was measured, and how it is told."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, NamedTuple


class Figure(NamedTuple):
    """`sense` says on which side of the goal the figure has to be; `measured` is None for what is not served yet."""

    what: str
    measured: float | None
    goal: float
    unit: Literal["%", "x", "s", "MB", "ms"]
    sense: Literal["at least", "at most"] = "at most"

    @property
    def reached(self) -> bool | None:
        if self.measured is None:
            return None
        return self.measured >= self.goal if self.sense == "at least" else self.measured <= self.goal

    @property
    def verdict(self) -> str:
        """reached, or by how much not."""
        if self.measured is None:
            return "not yet served"
        if self.reached:
            return "reached"
        if self.unit == "%":
            return f"**no**: {self.goal - self.measured:.1f} points short"
        return f"**no**: {shown(self.measured - self.goal, self.unit)} too much"


def shown(number: float | None, unit: str) -> str:
    """A number with its unit."""
    if number is None:
        return ""
    match unit:
        case "%":
            return f"{number:.1f} %"
        case "x":
            return f"{number:.2f} times"
        case "MB":
            return f"{number:.0f} MB"
        case "ms":
            return f"{number:.2f} ms"
    return f"{number:.2f} s"


@dataclass
class Found:
    """What one measurement found. `raw` is Markdown; `baseline` says what was compared with."""

    title: str
    baseline: str
    figures: list[Figure] = field(default_factory=list)
    raw: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Scale:
    """How long a measurement may take: `seconds` of load, repeated `rounds` times, and deals of the large company."""

    folder: Path
    seconds: int
    rounds: int
    many_deals: int


Measurement = Callable[[Scale], Found]


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
