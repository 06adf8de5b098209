"""Every `Records` of the program."""

import importlib
import pkgutil
from typing import Any

import dealflow.storage
from dealflow.storage.records import Records


def all_records() -> list[Records[Any]]:
    """Those that the modules of the storage package hold, in order of their tables."""
    modules = [
        importlib.import_module(f"dealflow.storage.{module.name}")
        for module in pkgutil.iter_modules(dealflow.storage.__path__)
        if not module.ispkg
    ]
    found = {id(each): each for module in modules for each in vars(module).values() if isinstance(each, Records)}
    return sorted(found.values(), key=lambda each: each.table.name)
