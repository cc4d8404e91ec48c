"""What the service's commands have in common: where the store and the bundles are."""

from pathlib import Path
from typing import Annotated, Any

import typer
from pydantic import ValidationError

from recsys.errors import ConfigError
from service.problems import validation_faults
from service.settings import Settings
from service.storage.migrate import prepare
from service.storage.store import Store

StoreOption = Annotated[
    str | None, typer.Option(metavar="URL", help="Address of the store; sqlite:///var/store.db by default.")
]
BundlesOption = Annotated[
    Path | None, typer.Option(metavar="FOLDER", help="Where published bundles are; var/bundles by default.")
]


def settings_from(store: str | None, bundles: Path | None = None, **more: Any) -> Settings:
    """What the options say, then what the environment says.

    Raises:
        ConfigError: a setting breaks its rule.
    """
    given = {"store_url": store, "bundles": bundles, **more}
    try:
        return Settings.model_validate({name: one for name, one in given.items() if one is not None})
    except ValidationError as error:
        first = validation_faults(error)[0]
        raise ConfigError(f"TAGREEL_{first.field.upper()} is {first.value!r}: {first.rule}") from None


def prepared_store(settings: Settings) -> Store:
    """The default tenant's store, ready for use; the caller closes it.

    Raises:
        ConfigError: it is of another version, or no store can be made there.
    """
    store = Store.open(settings.store_url, settings.busy_timeout_s)
    try:
        prepare(store)
    except BaseException:
        store.close()
        raise
    return store
