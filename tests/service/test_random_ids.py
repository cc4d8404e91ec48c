"""Ids that nobody guesses."""

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from service.random_ids import LONGEST, random_id


def test_ids_are_hex_of_the_length_asked_for_and_all_differ():
    found = [random_id() for _ in range(2000)]
    assert len(set(found)) == 2000
    assert {len(one) for one in found} == {LONGEST}
    assert all(set(one) <= set("0123456789abcdef") for one in found)
    assert len(random_id(20)) == 20


def test_threads_are_given_different_ones():
    with ThreadPoolExecutor(8) as pool:
        found = [one for some in pool.map(lambda _: [random_id() for _ in range(1000)], range(8)) for one in some]
    assert len(set(found)) == len(found)


FORKS = """
import os
from service.random_ids import random_id
random_id()
read, write = os.pipe()
if not os.fork():
    os.write(write, " ".join(random_id() for _ in range(300)).encode())
    os._exit(0)
os.wait()
theirs = os.read(read, 100_000).decode().split()
print(len({random_id() for _ in range(300)} | set(theirs)))
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the system does not fork")
def test_a_forked_process_is_given_others():
    ran = subprocess.run([sys.executable, "-c", FORKS], capture_output=True, text=True, check=True)
    assert ran.stdout == "600\n"
