"""The tables of jobs, light: their columns by name."""

from sqlalchemy import column
from sqlalchemy import table as light_table
from sqlalchemy.sql.expression import TableClause

from pipelines.store import TYPES
from recsys.schema import Table
from recsys.tags import jobs


def bare(table: Table) -> TableClause:
    """A light table of a table's shared columns."""
    return light_table(table.name, *(column(one.name, TYPES[one.kind]()) for one in table.columns))


JOBS = bare(jobs.TAG_JOBS)
CALLBACKS = bare(jobs.CALLBACKS)
TARGETS = bare(jobs.CALLBACK_TARGETS)
