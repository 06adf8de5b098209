"""`dealflow` again and again: imported once, forked for every command line that standard input brings as JSON.

Standard output tells the process's id and, when it has ended, its exit code. What is forked runs as if started anew,
but without the second that Python spends on imports.
"""

import json
import os
import sys

import dealflow.cli.serve
import dealflow.cli.store
import dealflow.server.serve  # noqa: F401  so that it is there when the command wants it
from dealflow.cli import run


def main() -> None:
    for line in sys.stdin:
        pid = os.fork()
        if pid == 0:
            nothing = os.open(os.devnull, os.O_RDWR)
            os.dup2(nothing, 0)
            os.dup2(nothing, 1)
            sys.exit(run(json.loads(line)))
        print(pid, flush=True)  # noqa: T201  how the starter is told
        print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), flush=True)  # noqa: T201  as above


if __name__ == "__main__":
    main()
