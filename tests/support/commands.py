"""`dealflow` again and again: imported once, forked for each command.

What is forked runs as if started anew, but without the second that Python spends on imports. As a program it reads
commands from standard input, a JSON object a line, and tells how each ended; it ends with its input.
"""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Final

COMMAND: Final = (sys.executable, "-m", __name__)
HOME: Final = Path(__file__).parents[2]


@cache
def _parent() -> subprocess.Popen[str]:
    return subprocess.Popen(COMMAND, cwd=HOME, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def run(arguments: Sequence[str], folder: Path, environment: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    """Run one command in a folder, with an environment."""
    parent = _parent()
    assert parent.stdin is not None
    assert parent.stdout is not None
    command = {"arguments": list(arguments), "folder": str(folder), "environment": dict(environment)}
    parent.stdin.write(json.dumps(command) + "\n")
    parent.stdin.flush()
    code, out, err = json.loads(parent.stdout.readline())
    return subprocess.CompletedProcess(["dealflow", *arguments], code, out, err)


def main() -> None:
    from dealflow import cli

    for _, where, _ in cli.COMMANDS:
        import_module(where.partition(":")[0])
    import_module("dealflow.server.serve")
    for line in sys.stdin:
        command = json.loads(line)
        with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
            pid = os.fork()
            if pid == 0:
                nothing = os.open(os.devnull, os.O_RDONLY)
                for number, source in enumerate((nothing, out.fileno(), err.fileno())):
                    os.dup2(source, number)
                os.chdir(command["folder"])
                os.environ.clear()
                os.environ.update(command["environment"])
                sys.exit(cli.run(command["arguments"]))
            code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
            told: list[int | str] = [code]
            for file in (out, err):
                file.seek(0)
                told.append(file.read().decode())
        print(json.dumps(told), flush=True)  # noqa: T201  how the starter is told


if __name__ == "__main__":
    main()
