"""The course's speed as ratios measured in one run: `python -m tests.bench`.

Absolute times differ from machine to machine and from minute to minute; a ratio of interleaved
measurements on one thread is what can be compared. A floor is what the same matrix products, or
the same training step without a watch, take alone in that run.
"""
