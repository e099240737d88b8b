"""A right answer that needs threads, child processes and temporary files of its own."""

from tests.attacks.case import FULL, PRODUCT, attack

CASE = attack(
    """
import tempfile
from concurrent.futures import ThreadPoolExecutor

def what_is_left(factor, layers):
    with tempfile.TemporaryFile() as file, ThreadPoolExecutor(2) as pool:
        file.write(b"x" * 1000)
        return pool.submit(pow, factor, layers).result()
""",
    points=FULL[PRODUCT],
)
