"""How many threads one ranking uses: one, since a process ranks for one request at a time; add processes instead."""

from threadpoolctl import threadpool_limits


def limit_blas(n_threads: int) -> None:
    """Let the linear algebra of this process use so many threads; its last digits may depend on it."""
    threadpool_limits(n_threads, user_api="blas")
