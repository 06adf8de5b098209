"""`python -m bench [--only NAME] [--quick] [--large]`."""

import argparse
import os
import tempfile
from pathlib import Path
from typing import Final

from bench import latency, lists, moves, pages, reads, report, start, statistics
from bench.figure import Measurement, Scale

HERE: Final = Path(__file__).parent
MEASUREMENTS: Final[dict[str, Measurement]] = {
    "reads": reads.measure,
    "pages": pages.measure,
    "moves": moves.measure,
    "latency": latency.measure,
    "lists": lists.measure,
    "start": start.measure,
    "statistics": statistics.measure,
}
LARGE: Final[dict[str, Measurement]] = {"statistics": statistics.measure_large}


def main() -> None:
    """Measure, print, and after a whole run write `RESULTS.md`."""
    parser = argparse.ArgumentParser(prog="python -m bench", description="Measure the server on this machine.")
    parser.add_argument("--only", choices=MEASUREMENTS, action="append", help="measure this alone; may be repeated")
    parser.add_argument("--quick", action="store_true", help="shorter and rougher, with 100,000 deals for a million")
    parser.add_argument("--large", action="store_true", help="statistics of ten million stage changes instead")
    chosen = parser.parse_args()
    measurements = LARGE if chosen.large else MEASUREMENTS
    load_before = os.getloadavg()[0]
    work = HERE.parent / ".make"
    work.mkdir(exist_ok=True)
    found = []
    for name in chosen.only or measurements:
        print(f"{name} …", flush=True)
        with tempfile.TemporaryDirectory(prefix="bench-", dir=work) as folder:
            scale = Scale(Path(folder), 1, 3, 100_000) if chosen.quick else Scale(Path(folder), 3, 5, 1_000_000)
            found.append(measurements[name](scale))
        print(report.figures(found[-1:]), report.raw(found[-1]), sep="\n\n", end="\n\n", flush=True)
    if chosen.only or chosen.quick:
        print("the results in bench/ stay as they are: only a whole run writes them")
    else:
        results = HERE / ("LARGE.md" if chosen.large else "RESULTS.md")
        results.write_text(report.whole(found, load_before), encoding="utf-8")
        print(f"wrote bench/{results.name}")


if __name__ == "__main__":
    main()
