"""The tests that do not pass yet, each with its reason. A row whose test passes must go."""

from dataclasses import dataclass


@dataclass(frozen=True)
class ExpectedFailures:
    """Tests that fail for one reason.

    Attributes:
        why: what our answer has or lacks.
        tests: as they are printed: file, colon, name.
    """

    why: str
    tests: tuple[str, ...]


ROWS: tuple[ExpectedFailures, ...] = ()

EXPECTED_FAILURES = {test: row.why for row in ROWS for test in row.tests}
