"""An open service listens to this machine alone, unless that is what was asked for."""

from contextlib import closing

import pytest

from recsys.errors import ConfigError
from service.auth.listening import check_listening, is_loopback
from service.options import prepared_store
from service.settings import Settings

EVERYWHERE = ("0.0.0.0", "::", "192.168.1.5", "service.example", "")


@pytest.fixture
def bare(tmp_path) -> Settings:
    return Settings(store_url=f"sqlite:///{tmp_path}/store.db")


def check(host: str, settings: Settings) -> None:
    with closing(prepared_store(settings)) as store:
        check_listening(host, settings, store)


@pytest.mark.parametrize("host", ["127.0.0.1", "127.1.2.3", "::1", "localhost"])
def test_this_machine_may_always_ask(host, bare):
    assert is_loopback(host)
    check(host, bare)


@pytest.mark.parametrize("host", EVERYWHERE)
def test_others_may_not_before_there_is_a_key(host, bare):
    with pytest.raises(ConfigError, match=r"tagreel keys create.*--open"):
        check(host, bare)


@pytest.mark.parametrize("auth", ["required", "open"])
def test_others_may_where_it_was_said_who_is_asked(auth, bare):
    check("0.0.0.0", bare.model_copy(update={"auth": auth}))


def test_others_may_once_there_is_a_key(settings, mint):
    mint("read")
    check("0.0.0.0", settings)
