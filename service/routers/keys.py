"""Keys: make, list, revoke. An admin key sees those of its own tenant; the default tenant's sees and makes all."""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Response

from service.auth.access import Caller
from service.auth.gated_route import GatedRoute
from service.auth.gates import AdminCaller, Doors
from service.auth.keys import DEFAULT_TENANT, ID_LENGTH, Scope, make_key
from service.problems import ProblemError
from service.routers.parameters import as_json
from service.schemas.keys import KeyFields, KeyInfo, Keys, NewKey, Tenant, key_info, new_key
from service.storage.keys import add_key, list_keys, revoke_key

router = APIRouter(prefix="/v1", tags=["keys"], route_class=GatedRoute)
KeyId = Annotated[str, Path(pattern=rf"^[0-9a-f]{{{ID_LENGTH}}}$", examples=["5f02ce971d3c"])]
OfTenant = Annotated[Tenant | None, Query(description="Only this tenant's; all that the caller may see by default")]


@router.post("/keys", response_model=NewKey, status_code=201)
async def create_key(fields: KeyFields, caller: AdminCaller, doors: Doors) -> Response:
    """Make a key; its secret is in this answer and nowhere else. The first key is made by `tagreel keys create`."""
    tenant, store = _allowed(caller, fields.tenant) or caller.tenant, doors.tenants.default.store
    key, secret = make_key(fields.name, tenant, Scope[fields.scope.upper()], fields.per_minute, doors.clock())
    await doors.tenants.make(tenant)
    await store.write(lambda connection: add_key(connection, key))
    return as_json(new_key(key, secret), status=201)


@router.get("/keys", response_model=Keys)
async def read_keys(caller: AdminCaller, doors: Doors, tenant: OfTenant = None) -> Response:
    """Every key, revoked ones too, without their secrets."""
    with doors.tenants.default.store.reading() as connection:
        found = list_keys(connection, _allowed(caller, tenant))
    return as_json(Keys(keys=[key_info(one) for one in found]))


@router.delete("/keys/{key_id}", response_model=KeyInfo)
async def remove_key(key_id: KeyId, caller: AdminCaller, doors: Doors) -> Response:
    """Revoke a key and every viewer's token that it signed: here at once, in other processes within half a second."""
    of, now = _allowed(caller, None), doors.clock()
    key = await doors.tenants.default.store.write(lambda connection: revoke_key(connection, key_id, now, of))
    if key is None:
        raise ProblemError(404, "unknown-key", f"No key {key_id!r}; GET /v1/keys lists them")
    doors.keys.forget(key_id)
    return as_json(key_info(key))


def _allowed(caller: Caller, tenant: str | None) -> str | None:
    """The tenant whose keys are meant, None for all tenants'. ProblemError 403 where the caller may not ask for it."""
    if caller.tenant == DEFAULT_TENANT:
        return tenant
    if tenant not in (None, caller.tenant):
        raise ProblemError(403, "not-for-tenants", f"A key of tenant {caller.tenant} is for that tenant's keys only")
    return caller.tenant
