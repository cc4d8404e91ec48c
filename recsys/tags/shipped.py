"""The taxonomy that ships: some hundred tags of every dimension, named in English and Chinese.

Ours; categories name the best fitting id of the IAB Content Taxonomy 3.1 (IAB Tech Lab, CC BY 3.0).
"""

from functools import cache
from importlib.resources import files

from recsys.tags.catalogue import TagCatalogue
from recsys.tags.exchange.csv_form import from_csv

FILE = "default_taxonomy.csv"


@cache
def default_taxonomy() -> TagCatalogue:
    """The shipped taxonomy."""
    return from_csv(files("recsys.tags").joinpath(FILE).read_bytes())
