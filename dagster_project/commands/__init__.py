"""What the `tenure` commands read and print. Free of Dagster at import, so that the command line starts fast.

Work itself is elsewhere: `dagster_project.launch` runs jobs, `extract` loads files, `publish` makes releases.
"""
