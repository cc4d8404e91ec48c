"""The public data sets that `tagreel data get` can fetch: where their bytes come from and what they must be.

The MD5 of the 100K archive is the one GroupLens states. The other checksums were taken from the files themselves;
ml-latest-small is re-made by GroupLens now and then, and another edition than that of September 2018 is refused.
"""

from recsys.datasets.assets import Asset, File, Source
from recsys.datasets.checksums import Checksum

GROUPLENS = "https://files.grouplens.org/datasets/movielens/"
GROUPLENS_LICENCE = (
    "GroupLens: for research; no endorsement may be implied; acknowledge the set in publications; "
    "no commercial or revenue-bearing use without permission"
)

MOVIELENS_100K = Asset(
    name="ml-100k",
    licence=f"{GROUPLENS_LICENCE}; no redistribution without permission",
    sources=(
        Source(
            address=f"{GROUPLENS}ml-100k.zip",
            checksum=Checksum(algorithm="md5", digest="0e33842e24a9c977be4e0107933c0723"),
            inside="ml-100k",
            files=(File(name="u.data"), File(name="u.item"), File(name="README")),
        ),
        Source(
            package="recbole==1.2.1",
            checksum=Checksum(digest="9c9948202011f37eb0a7c6768129313f00d6403ad221ec940d5e2d5d5f33a407"),
            inside="recbole/dataset_example/ml-100k",
            files=(
                File(name="ml-100k.inter", sha256="4edb74e2a81178c2ba9ff381495f754f996c4aea351b1272ca36b43da0935eff"),
                File(name="ml-100k.item", sha256="51d7cdf777ce5c0f5b32c1d947a4a81fe07d75e78abbe761e0cd4d0756064532"),
            ),
        ),
    ),
)
MOVIELENS_SMALL = Asset(
    name="ml-latest-small",
    licence=f"{GROUPLENS_LICENCE}; may be redistributed under the same terms",
    sources=(
        Source(
            address=f"{GROUPLENS}ml-latest-small.zip",
            inside="ml-latest-small",
            files=(
                File(name="movies.csv", sha256="5a5f32dd9bb3797b8e728a1b98958789d2b13f294a69fdfbc5727f8a9611aa07"),
                File(name="ratings.csv", sha256="aa289ca83157595d0df6aea1be6a4ded676ddc4385472e8313a8ed9805352646"),
                File(name="tags.csv", sha256="92a9f8bb7916dceef6151209845788c3643f794dfa79d1feaec7121b5960399d"),
            ),
        ),
    ),
    instead="run `tagreel data get ml-100k`, which a package carries too, or `tagreel data simulate`",
)
CITEULIKE_A = Asset(
    name="citeulike-a",
    licence="none stated; cite Wang, Chen and Li, IJCAI 2013",
    sources=(
        Source(
            address="https://raw.githubusercontent.com/js05212/citeulike-a/master/",
            files=(
                File(name="users.dat", sha256="53211d82c14ff261e595634d285ed9fbf8049cf81dcb751d924d695b9612a02c"),
                File(name="item-tag.dat", sha256="0f7b432796a5038ed2631c02b99d70e636123673afc11bf9e051de5b49467890"),
                File(name="tags.dat", sha256="c02b3e5ee1a57f88f3a598b2040018bb198f54cd0c11116fa7a0db905b6f60e3"),
            ),
        ),
    ),
)
