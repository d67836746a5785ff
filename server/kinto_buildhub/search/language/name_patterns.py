"""Names that a pattern means, such as ``target.*``: of fields, of indexes, of parts of answers."""


def is_like(name: str, pattern: str) -> bool:
    """Return whether *pattern* means *name*. A ``*`` stands for any text; nothing else is special.

    Patterns come from clients. Python's `fnmatch` makes an expression of each, which takes a time
    quadratic in its stars, and keeps 32,768 of them.
    """
    if "*" not in pattern:
        return name == pattern
    if len(pattern) - pattern.count("*") > len(name):
        return False
    start, *middle, end = pattern.split("*")
    if not (name.startswith(start) and name.endswith(end)):
        return False
    place, stop = len(start), len(name) - len(end)
    for part in middle:
        found = name.find(part, place, stop)
        if found < 0:
            return False
        place = found + len(part)
    return place <= stop
