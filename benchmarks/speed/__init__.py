"""How fast it is: every figure measured against its floor in the same run, and against a naive plugin.

`python -m benchmarks.speed` measures, prints a table and writes JSON; `page` and `plots` make
`docs/performance.md` out of that JSON. What is measured is in `measures`, and with what in `stage`.
"""
