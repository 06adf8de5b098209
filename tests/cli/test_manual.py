import re
from pathlib import Path

import pytest
from cyclopts import App

from dealflow.cli import COMMANDS, application
from dealflow.server.config import SETTINGS

PAGES = Path(__file__).parents[2] / "docs" / "commands"
OURS = {"--help", "-h", "--version"}


def commands(app: App, path: tuple[str, ...] = ()) -> dict[tuple[str, ...], App]:
    """Every command that does something, by the words it is called with."""
    found = {}
    for name in app:
        if name not in OURS:
            below = commands(app[name], (*path, name))
            alone = {(*path, name): app[name]} if not below or app[name].default_command else {}
            found.update(alone | below)
    return found


ALL = commands(application())


def options(app: App) -> set[str]:
    found = app.assemble_argument_collection(parse_docstring=False)
    return {name for argument in found for name in argument.names if name.startswith("--")}


def test_every_command_has_a_page_and_every_page_a_command() -> None:
    assert {page.stem for page in PAGES.glob("*.md")} == {name for name, _, _ in COMMANDS} | {"README"}


@pytest.mark.parametrize("path", ALL, ids=" ".join)
def test_every_command_has_its_heading(path: tuple[str, ...]) -> None:
    assert re.search(rf"^#+ dealflow {' '.join(path)}$", (PAGES / f"{path[0]}.md").read_text(), re.MULTILINE)


@pytest.mark.parametrize("path", ALL, ids=" ".join)
def test_every_option_is_on_the_page_of_its_command(path: tuple[str, ...]) -> None:
    page = (PAGES / f"{path[0]}.md").read_text()
    start = page.index(f"# dealflow {' '.join(path)}\n")
    section = page[start : page.find("\n## ", start) if "\n## " in page[start:] else None]
    optional = {name for name in options(ALL[path]) if name not in OURS}
    assert optional
    assert {name for name in optional if name not in section} == set()


@pytest.mark.parametrize("path", ALL, ids=" ".join)
def test_every_option_on_a_page_exists(path: tuple[str, ...]) -> None:
    page = (PAGES / f"{path[0]}.md").read_text()
    known = {name for other in ALL if other[0] == path[0] for name in options(ALL[other])}
    assert set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", page)) <= known | {"--force"}


@pytest.mark.parametrize("path", ALL, ids=" ".join)
def test_every_command_says_what_it_does(path: tuple[str, ...]) -> None:
    assert ALL[path].help


def test_every_setting_is_in_the_manual() -> None:
    readme = (PAGES / "README.md").read_text()
    assert set(re.findall(r"^\| `(\w+)` \| `DEALFLOW_", readme, re.MULTILINE)) == set(SETTINGS)
    assert all(f"`DEALFLOW_{name.upper()}`" in readme for name in SETTINGS)
