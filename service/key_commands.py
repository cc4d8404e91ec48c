"""Commands about keys: `tagreel keys create`, `tagreel keys list` and `tagreel keys revoke`."""

import sys
from typing import Annotated

import typer
from pydantic import TypeAdapter, ValidationError

from recsys.errors import ConfigError
from recsys.timeline import iso
from service.auth.derived_secrets import rpc_secret, vod_callback_key
from service.auth.keys import DEFAULT_TENANT, Key, Scope, check_tenant, make_key
from service.auth.places import provide, settings_of
from service.clock import now_ms
from service.options import BundlesOption, StoreOption, prepared_store, settings_from
from service.problems import validation_faults
from service.schemas.keys import MAX_PER_MINUTE, Keys, Name, ScopeName, key_info, new_key
from service.storage.engine import shown_address
from service.storage.keys import add_key, list_keys, revoke_key

app = typer.Typer(no_args_is_help=True, help="Make, list and revoke the keys of those who may use the service.")
JsonOption = Annotated[bool, typer.Option("--json", help="Print what the HTTP API answers.")]
_HEAD = ("key", "tenant", "scope", "a minute", "ends in", "made", "revoked", "name")


@app.command()
def create(
    name: Annotated[str, typer.Option(help="What it is for.")] = "unnamed",
    scope: Annotated[
        ScopeName, typer.Option(help="read: answers; write: also events, videos and the like; admin: also keys.")
    ] = "write",
    tenant: Annotated[str, typer.Option(help="Whose data it opens; a new name makes a new tenant.")] = DEFAULT_TENANT,
    per_minute: Annotated[
        int | None, typer.Option(min=1, max=MAX_PER_MINUTE, help="Most requests a minute; without limit by default.")
    ] = None,
    as_json: JsonOption = False,
    store: StoreOption = None,
    bundles: BundlesOption = None,
) -> None:
    """Make a key and print its secret, this once: it is kept nowhere. What else there is to say goes to standard error.

    Examples:

        tagreel keys create

        tagreel keys create --name shop --scope read --per-minute 600

        tagreel keys create --tenant acme --scope admin
    """
    settings = settings_from(store, bundles)
    key, secret = make_key(_named(name), tenant, Scope[scope.upper()], per_minute, now_ms())
    opened = prepared_store(settings)
    try:
        provide(settings, opened, tenant)
        opened.write_now(lambda connection: add_key(connection, key))
    finally:
        opened.close()
    if as_json:
        print(new_key(key, secret).model_dump_json())
        return
    print(secret)
    of = settings_of(settings, tenant)
    told = ("send it as X-API-Key; it is shown this once and kept nowhere", f"key: {_line(key)}")
    where = (f"store: {shown_address(of.store_url)}", f"bundles: {of.bundles}") if tenant != DEFAULT_TENANT else ()
    signs = (
        f"Alibaba Cloud clients: AccessKeyId {key.key_id}, AccessKeySecret {rpc_secret(key)}",
        f"callbacks of Alibaba Cloud VOD to /v1/imports/alibaba-vod/callback/{key.key_id}: key {vod_callback_key(key)}",
    )
    print(*told, *signs, *where, sep="\n", file=sys.stderr)


@app.command("list")
def list_all(
    tenant: Annotated[str | None, typer.Option(help="Only this tenant's.")] = None,
    as_json: JsonOption = False,
    store: StoreOption = None,
) -> None:
    """List every key, oldest first, revoked ones too.

    Examples:

        tagreel keys list --tenant acme
    """
    if tenant is not None:
        check_tenant(tenant)
    opened = prepared_store(settings_from(store))
    try:
        with opened.reading() as connection:
            found = list_keys(connection, tenant)
    finally:
        opened.close()
    print(Keys(keys=[key_info(one) for one in found]).model_dump_json() if as_json else _table(found))


@app.command()
def revoke(
    key: Annotated[str, typer.Argument(metavar="KEY", help="The key's id, as the list has it.")],
    as_json: JsonOption = False,
    store: StoreOption = None,
) -> None:
    """Make a key worthless, and every viewer's token that it signed; a running service knows within half a second.

    Examples:

        tagreel keys revoke 5f02ce971d3c
    """
    opened = prepared_store(settings_from(store))
    try:
        revoked = opened.write_now(lambda connection: revoke_key(connection, key, now_ms()))
    finally:
        opened.close()
    if revoked is None:
        raise ConfigError(f"no key {key}; `tagreel keys list` shows them")
    print(key_info(revoked).model_dump_json() if as_json else f"revoked: {_line(revoked)}")


def _named(name: str) -> str:
    try:
        return TypeAdapter(Name).validate_python(name)
    except ValidationError as error:
        raise ConfigError(f"--name is {name!r}: {validation_faults(error)[0].rule}") from None


def _line(key: Key) -> str:
    limit = "without limit" if key.per_minute is None else f"{key.per_minute} requests a minute"
    return f"{key.key_id} ({key.name}), scope {key.scope.label}, tenant {key.tenant}, {limit}"


def _table(keys: list[Key]) -> str:
    """A line a key, in columns; the name comes last, as it may be long."""
    if not keys:
        return "no key was made yet: `tagreel keys create` makes one"
    rows = [_HEAD, *map(_cells, keys)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join("  ".join(map(str.ljust, row, widths)).rstrip() for row in rows)


def _cells(key: Key) -> tuple[str, ...]:
    limit, revoked = str(key.per_minute or "-"), "-" if key.revoked_at is None else iso(key.revoked_at)
    return key.key_id, key.tenant, key.scope.label, limit, key.last_four, iso(key.created_at), revoked, key.name
