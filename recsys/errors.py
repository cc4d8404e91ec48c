"""Every error Tagreel raises on purpose, and `require`, the one way to check an argument."""


class RecsysError(Exception):
    """What went wrong, what was got, what is allowed, and the next step."""


class ConfigError(RecsysError):
    """A setting is unknown or out of its range."""


class DataError(RecsysError):
    """Input rows or arrays break a rule; the message names the field, the value and the rule."""


class LeakError(DataError):
    """A training row would see something that was not yet known at its time."""


class BundleError(RecsysError):
    """A bundle on disk is missing, truncated, altered or of another schema; the message names the file."""


class AssetError(RecsysError):
    """A public data set or model file cannot be had, or its bytes are not the ones expected."""


class MissingExtraError(RecsysError):
    """A feature needs packages of an extra that is not installed."""

    def __init__(self, feature: str, extra: str) -> None:
        super().__init__(f"{feature} needs the extra {extra!r}: pip install 'tagreel[{extra}]'")


def require(condition: bool, message: str, error: type[RecsysError] = DataError) -> None:
    """Raise `error` with `message` unless `condition` holds.

    >>> require(1 < 2, "never seen")
    >>> require(2 < 1, "n is 2; it must be below 1")
    Traceback (most recent call last):
    recsys.errors.DataError: n is 2; it must be below 1
    """
    if not condition:
        raise error(message)
