"""Heavy packages of the extras, imported when an analyser that needs them is loaded."""

import importlib
import warnings
from types import ModuleType

from recsys.errors import MissingExtraError


def engine(module: str, feature: str, extra: str = "tagging") -> ModuleType:
    """Import a module of an extra.

    Args:
        module: dotted name.
        feature: what needs it, for the message.
        extra: what to install where it is missing.

    Raises:
        MissingExtraError: it, or something that it imports, is not installed.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # theirs: old escapes and deprecations, nothing that a user can change
            return importlib.import_module(module)
    except ImportError as error:
        raise MissingExtraError(feature, extra) from error
