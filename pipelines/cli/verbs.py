"""The group of verbs: those of this package at once, those of other packages and heavy ones when they are asked for."""

import errno
import sys
from importlib import import_module
from importlib.metadata import entry_points
from typing import Any

import typer
from typer.core import TyperGroup

from recsys.errors import RecsysError

PLUGINS = "tagreel.commands"
"""Entry point group through which another package adds verbs: a function or a Typer app each."""
LATE = {
    "benchmark": "pipelines.cli.benchmark:app",
    "data": "pipelines.cli.data:app",
    "tags": "pipelines.cli.tags:app",
    "taxonomy": "pipelines.cli.taxonomy:app",
}


class Verbs(TyperGroup):
    """Loads a verb when it is named, and turns errors into messages and exit codes."""

    def list_commands(self, ctx: Any) -> list[str]:
        """All verbs, by name."""
        return sorted({*super().list_commands(ctx), *addresses()})

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """One verb, imported now if it is a late one; a verb whose import fails says so when it is called."""
        address = addresses().get(cmd_name)
        if address is None:
            return super().get_command(ctx, cmd_name)
        try:
            return _command(cmd_name, _load(address))
        except (ImportError, AttributeError) as error:
            return _command(cmd_name, _unavailable(cmd_name, address, str(error)))

    def invoke(self, ctx: Any) -> Any:
        """Run; an error of ours is one message and exit code 1, Ctrl-C is 130."""
        try:
            return super().invoke(ctx)
        except RecsysError as error:
            if ctx.params.get("debug"):
                raise
            print(f"error: {error}", file=sys.stderr)
            raise typer.Exit(1) from None
        except OSError as error:
            if ctx.params.get("debug") or _is_reader_gone(error):
                raise
            print(f"error: {error.filename or 'the system'}: {error.strerror or error}", file=sys.stderr)
            raise typer.Exit(1) from None
        except KeyboardInterrupt:
            print("stopped; everything on disk is as it was after the last finished step", file=sys.stderr)
            raise typer.Exit(130) from None


def _is_reader_gone(error: OSError) -> bool:
    """Whether nobody reads what is printed any more, which ends a command without a word; a socket's is told."""
    if error.errno != errno.EPIPE:
        return False
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        return True
    return False


def addresses() -> dict[str, str]:
    """`module:name` of every verb that is loaded late."""
    return LATE | {one.name: one.value for one in entry_points(group=PLUGINS)}


def _load(address: str) -> Any:
    module, _, name = address.partition(":")
    return getattr(import_module(module), name)


def _command(name: str, verb: Any) -> Any:
    """A Typer app as a group, or a function as a command."""
    if isinstance(verb, typer.Typer):
        group = typer.main.get_group(verb)
        group.name = name
        return group
    app = typer.Typer(add_completion=False)
    app.command(name)(verb)
    return typer.main.get_command(app)


def _unavailable(name: str, address: str, reason: str) -> Any:
    def verb() -> None:
        raise RecsysError(f"{name} cannot be loaded from {address}: {reason}; reinstall the package that provides it")

    verb.__doc__ = f"Not available: {reason}"
    return verb
