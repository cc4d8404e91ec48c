"""Import every module of the three packages, as nothing but the core dependencies must allow."""

import importlib
import pkgutil

names = [
    one.name
    for package in ("recsys", "pipelines", "service")
    for one in pkgutil.walk_packages(importlib.import_module(package).__path__, f"{package}.")
    if not one.name.startswith("service.migrations.")  # Alembic runs those
]
for name in names:
    importlib.import_module(name)
print(f"{len(names)} modules import")
