import pytest


@pytest.fixture(scope="session")
def workspace(tmp_path_factory):
    """Where the small platform of the tests of serving is made, once."""
    return tmp_path_factory.mktemp("serve")
