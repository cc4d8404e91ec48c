import pytest

from recsys.datasets.registry import DATA_SETS, data_set, fetch, read
from recsys.errors import AssetError, ConfigError


def test_every_data_set_states_its_files_licence_citation_and_homepage():
    for one in DATA_SETS.values():
        assert all((one.about, one.needs, one.licence, one.citation))
        assert one.homepage.startswith("https://")
        if one.asset:
            assert one.asset.name == one.name
            assert {file.name for source in one.asset.sources for file in source.files} >= set(one.needs) - {"or"}


def test_an_unknown_name_is_answered_with_those_there_are():
    with pytest.raises(ConfigError, match=r"no data set 'netflix'; there is ml-latest-small, ml-100k"):
        data_set("netflix")


def test_an_option_that_a_reader_does_not_have_is_bad_use(tmp_path):
    with pytest.raises(ConfigError, match=r"citeulike-a cannot be read with these options: .*'tags'"):
        read("citeulike-a", tmp_path, tags="none")


def test_a_set_that_cannot_be_fetched_says_where_to_get_which_files(tmp_path):
    with pytest.raises(AssetError, match=r"get LastFM\.txt, LastFM_item2attributes\.json from https://"):
        fetch("s3rec-lastfm", tmp_path)


@pytest.mark.shared
@pytest.mark.parametrize(
    ("name", "folder"),
    [("ml-latest-small", "ml-latest-small"), ("s3rec-lastfm", "s3rec"), ("hetrec-lastfm", "hetrec2011-lastfm-2k")],
)
def test_data_sets_are_read_by_name(shared_datasets, name, folder):
    assert len(read(name, shared_datasets / folder).events)
