"""What holds for every test of the project."""

from hypothesis import settings

# The same examples on every machine, no database between runs, and no test that asserts a time.
settings.register_profile("project", derandomize=True, database=None, deadline=None)
settings.load_profile("project")
