"""Models of Tenure as pure functions: Arrow tables in, Arrow tables and model cards out.

What belongs here: assembling training sets, fitting, scoring, evaluating, and the columns of what comes out
(`schemas`). What does not: connections, paths, clocks, the environment, Dagster. Dates, seeds and steward's
tables are arguments, so the same arguments give the same bytes. For that, and for speed on a shared machine,
the caller sets `OPENBLAS_NUM_THREADS=1` and `OMP_WAIT_POLICY=passive` before NumPy is imported.
"""
