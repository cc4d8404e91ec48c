"""The tables of jobs, light: their columns by name."""

from pipelines.store import bare
from recsys.tags import jobs

JOBS = bare(jobs.TAG_JOBS)
CALLBACKS = bare(jobs.CALLBACKS)
TARGETS = bare(jobs.CALLBACK_TARGETS)
