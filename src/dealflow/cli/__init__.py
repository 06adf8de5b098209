"""The command line: a module per group of commands, a manual page for each command in docs/commands.

Commands open the database themselves, also while a server runs on it. What goes wrong is one line on standard error
and exit code 1, or 2 for a command line that cannot be read.
"""

import os
import sys
from collections.abc import Sequence

from cyclopts import App, CycloptsError

from dealflow.core.errors import DealflowError

FAILED = 1
MISUSED = 2
INTERRUPTED = 130

COMMANDS = (
    ("serve", "dealflow.cli.serve:serve", "Serve a database."),
    ("demo", "dealflow.cli.demo:demo", "Serve a company with a made-up past."),
    ("company", "dealflow.cli.company:app", "Add, list and delete companies."),
    ("user", "dealflow.cli.user:app", "Add, list and deactivate the users of a company, set their passwords."),
    ("token", "dealflow.cli.token:app", "Make, list and revoke the tokens that programs sign in with."),
    ("oauth-client", "dealflow.cli.oauth_client:app", "Add, list and delete the programs that users may let in."),
    ("pipeline", "dealflow.cli.pipeline:app", "Add, list, rename, disable, enable and delete pipelines."),
    ("stage", "dealflow.cli.stage:app", "Add, list, rename, move and set up the stages of pipelines."),
    ("field", "dealflow.cli.field:app", "Add, list and delete custom fields."),
    ("rates", "dealflow.cli.rates:app", "Load currency rates."),
    ("stats", "dealflow.cli.stats:stats", "Print how deals went through a pipeline."),
    ("backup", "dealflow.cli.backup:backup", "Copy the database into a file while it is in use."),
    ("restore", "dealflow.cli.backup:restore", "Put a backup in the place of the database."),
    ("import", "dealflow.cli.import_:app", "Bring deals with their past into a company."),
    ("export", "dealflow.cli.export:app", "Write all rows of a company into a file, or its deals with their past."),
    ("check", "dealflow.cli.check:check", "Look at settings, schema and data for anything wrong."),
)


def application() -> App:
    """All commands; each module is imported when one of its commands runs."""
    from dealflow import __version__

    app = App(
        name="dealflow",
        help="A sales-pipeline server that speaks the wire dialects of Pipedrive and Zendesk Sell.",
        version=__version__,
        help_format="plaintext",
    )
    for name, where, about in COMMANDS:
        app.command(where, name=name, help=about)
    return app


def run(arguments: Sequence[str]) -> int:
    """Run one command; the exit code."""
    from dealflow.server.config import load_settings_file

    try:
        load_settings_file(os.environ)
        code = application()(arguments, exit_on_error=False, print_error=False, result_action="return_value")
    except CycloptsError as error:
        return _fail(" ".join(str(error).split()), MISUSED)
    except DealflowError as error:
        return _fail(str(error) or type(error).__name__.lower(), FAILED)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    except OSError as error:
        return _fail(f"{error.filename}: {error.strerror}" if error.filename else str(error), FAILED)
    except KeyboardInterrupt:
        return INTERRUPTED
    except Exception as error:
        if os.environ.get("DEALFLOW_TRACEBACK"):
            raise
        what = " ".join(f"{type(error).__name__}: {error}".split())
        return _fail(f"defect in dealflow: {what} (DEALFLOW_TRACEBACK=1 shows where)", FAILED)
    return code if isinstance(code, int) else 0


def _fail(message: str, code: int) -> int:
    sys.stderr.write(f"dealflow: {' '.join(message.split())}\n")
    return code


def main() -> None:
    """The program `dealflow`."""
    sys.exit(run(sys.argv[1:]))
