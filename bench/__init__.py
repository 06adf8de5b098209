"""What the server does in a second, each figure as a ratio to a bare baseline taken in the same run.

`python -m bench` measures everything and writes `bench/RESULTS.md`; `--only NAME` and `--quick` print only.
"""
