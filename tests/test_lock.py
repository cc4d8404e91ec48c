"""The lock files: in step with pyproject.toml, hashed, and without the address of an index."""

import re
import tomllib
from pathlib import Path

import pytest

packaging = pytest.importorskip("packaging.requirements", reason="needs packaging, which the extra dev brings")

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
EXTRAS = PROJECT["optional-dependencies"]
DECLARED = {
    "core": PROJECT["dependencies"],
    "dev": [
        *PROJECT["dependencies"],
        *EXTRAS["dev"],
        *EXTRAS["postgres"],
        *EXTRAS["otel"],
        *EXTRAS["tagging"],
        *EXTRAS["asr"],
    ],
    "deploy": [*PROJECT["dependencies"], *EXTRAS["postgres"], *EXTRAS["otel"]],
    "tagging": [
        *PROJECT["dependencies"],
        *EXTRAS["postgres"],
        *EXTRAS["otel"],
        *EXTRAS["tagging"],
        *EXTRAS["asr"],
    ],
    "build": ["hatchling"],
    "test": ["httpx", "hypothesis", "pytest", "pytest-timeout"],
    "uv": ["uv"],
}


def text(lock):
    return (ROOT / "requirements" / f"{lock}.txt").read_text(encoding="utf-8")


def pins(lock):
    """(name, version) → the pin's marker."""
    found = [
        packaging.Requirement(line.rstrip("\\ ")) for line in text(lock).splitlines() if re.match(r"[a-z0-9]", line)
    ]
    return {(one.name, str(one.specifier).removeprefix("==")): one.marker for one in found}


@pytest.mark.parametrize("lock", DECLARED)
def test_what_is_declared_is_locked_at_a_version_that_fits(lock):
    locked = pins(lock)
    for line in DECLARED[lock]:
        wanted = packaging.Requirement(line)
        versions = [version for name, version in locked if name == wanted.name]
        assert versions, f"{lock}.txt lacks {line}; run `make lock`"
        unfit = [one for one in versions if not wanted.specifier.contains(one, prereleases=True)]
        assert not unfit, f"{lock}.txt pins {wanted.name} {unfit}, pyproject.toml says {line}; run `make lock`"


@pytest.mark.parametrize("lock", DECLARED)
@pytest.mark.parametrize("python", ["3.11", "3.12", "3.13"])
def test_each_python_gets_one_version_of_each_package(lock, python):
    environment = {"python_version": python, "python_full_version": f"{python}.9", "sys_platform": "linux"}
    wanted = [name for (name, _), marker in pins(lock).items() if marker is None or marker.evaluate(environment)]
    assert sorted(set(wanted)) == sorted(wanted)


@pytest.mark.parametrize("lock", ["core", "deploy", "test"])
def test_the_tests_run_on_what_is_served(lock):
    assert set(pins(lock)) <= set(pins("dev"))


@pytest.mark.parametrize("lock", DECLARED)
def test_every_pin_is_hashed_and_no_address_is_named(lock):
    blocks = re.split(r"\n(?=[a-z0-9])", text(lock).strip())
    assert all("--hash=sha256:" in one for one in blocks)
    assert not re.search(r"https?://|--(extra-)?index-url|--find-links", text(lock))
