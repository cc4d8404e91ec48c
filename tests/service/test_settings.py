"""Settings from the environment: what they may be, and what is said of those that break a rule."""

import pytest

from recsys.errors import ConfigError
from service.options import settings_from
from service.settings import Settings


@pytest.mark.parametrize(
    "given, read",
    [
        ("", ()),
        (" , ", ()),
        ("*", ("*",)),
        ("https://a.example, http://localhost:3000", ("https://a.example", "http://localhost:3000")),
    ],
)
def test_origins_are_listed_with_commas(monkeypatch, given, read):
    monkeypatch.setenv("TAGREEL_CORS_ORIGINS", given)
    assert Settings().cors_origins == read


@pytest.mark.parametrize("given", ["shop.example", "https://shop.example/path", "ftp://x", "https://a b"])
def test_what_is_no_origin_is_named(monkeypatch, given):
    monkeypatch.setenv("TAGREEL_CORS_ORIGINS", f"https://a.example,{given}")
    with pytest.raises(ConfigError, match=r"TAGREEL_CORS_ORIGINS is .*is no origin"):
        settings_from(None)


@pytest.mark.parametrize(
    "name, value", [("AUTH", "off"), ("BODY_S", "0"), ("VIEWER_PER_MINUTE", "0"), ("MAX_TENANTS", "-1")]
)
def test_a_setting_that_breaks_its_rule_is_named(monkeypatch, name, value):
    monkeypatch.setenv(f"TAGREEL_{name}", value)
    with pytest.raises(ConfigError, match=f"TAGREEL_{name} is"):
        settings_from(None)


def test_an_option_wins_over_the_environment(monkeypatch):
    monkeypatch.setenv("TAGREEL_AUTH", "required")
    assert settings_from(None).auth == "required"
    assert settings_from(None, auth="open").auth == "open"
