"""Measures the tables of the live explorers unless they are there: python -m docs.live."""

from docs.live.build import built

print(f"The live explorers are in {built()}")
