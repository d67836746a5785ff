"""Reads the examples of a page of the documentation, each with the output that the page shows.

An example is a ``code-block`` in one of ``LANGUAGES``. The comment ``.. Not run: reason`` before a
block is the only way to exclude it. The output follows the example:

* ``console``: lines that start with ``$`` are typed, as are lines after one that ends in a
  backslash. The others are printed.
* ``json`` with the caption ``POST $CATALOGUE/endpoint`` is a request body; the block after it,
  with the caption ``Answer``, is a part of the answer.
* ``ini`` is not run. The test of the page reads it.
* ``python`` and ``javascript`` are whole programs; the ``text`` block after one is its output.
"""

import re
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

DOCS = Path(__file__).parents[1] / "docs"
LANGUAGES = ("console", "json", "python", "javascript")

_BLOCK = re.compile(
    r"(?:^ *\.\. Not run: (?P<reason>.+)\n\n)?"
    r"^(?P<indent> *)\.\. code-block:: (?P<language>\w+)\n"
    r"(?:(?P=indent)   :caption: (?P<caption>.+)\n)?"
    r"(?:(?P=indent)   :name: .+\n)?"
    r"\n(?P<code>(?:(?P=indent)   .*\n|\n)+)",
    re.MULTILINE,
)


@dataclass(frozen=True)
class Block:
    """A code block as it stands.

    Attributes:
        place: page and line, for messages.
        reason: why it is not run; "" if it is run.
    """

    place: str
    language: str
    caption: str
    code: str
    reason: str


@dataclass(frozen=True)
class Example:
    """Something to run.

    Attributes:
        block: what is run.
        shown: its output or answer according to the page; None if the page shows none.
        setup: shell variables that the page has set before.
    """

    block: Block
    shown: str | None
    setup: str = ""

    def __str__(self) -> str:
        return f"{self.block.place}-{self.block.language}"

    @property
    def endpoint(self) -> str:
        """The path below the collection that a JSON body is sent to."""
        return self.block.caption.removeprefix("POST $CATALOGUE/")

    def typed(self) -> str:
        """Return the commands of a ``console`` block."""
        return "\n".join(_split_console(self.block.code)[0])

    def printed(self) -> str:
        """Return the output that a ``console`` block shows."""
        return "\n".join(_split_console(self.block.code)[1])


def _split_console(code: str) -> tuple[list[str], list[str]]:
    typed: list[str] = []
    printed: list[str] = []
    goes_on = False
    for line in code.splitlines():
        if goes_on or line.startswith("$ "):
            typed.append(line if goes_on else line[2:])
            goes_on = line.endswith("\\")
        else:
            printed.append(line)
    return typed, printed


def read_blocks(page: str) -> list[Block]:
    """Return the code blocks of a page, given as a path relative to ``docs``.

    Raises:
        ValueError: it has code in another form, which would not be run.
    """
    text = (DOCS / page).read_text()
    found = []
    for match in _BLOCK.finditer(text):
        line = text.count("\n", 0, match.start("language")) + 1
        code = textwrap.dedent(match["code"]).rstrip() + "\n"
        found.append(
            Block(
                f"{page}:{line}",
                match["language"],
                match["caption"] or "",
                code,
                match["reason"] or "",
            )
        )
    if len(found) != len(re.findall(r"code-block::|sourcecode::|(?<!\.\.)(?<!\w)::$", text, re.M)):
        raise ValueError(f"{page} has code outside a code-block")
    return found


def iter_examples(page: str) -> Iterator[Example]:
    """Yield the examples of a page, each with its output.

    Raises:
        ValueError: a block is neither an example nor an output.
    """
    blocks = read_blocks(page)
    setup = ""
    while blocks:
        block = blocks.pop(0)
        if block.reason or block.language == "ini":
            continue
        if block.language not in LANGUAGES or block.caption == "Answer":
            raise ValueError(f"{block.place}: this block is not part of an example")
        shown = None
        wanted = ("json", "Answer") if block.language == "json" else ("text", "It prints")
        if blocks and (blocks[0].language, blocks[0].caption) == wanted:
            shown = blocks.pop(0).code
        example = Example(block, shown, setup)
        yield example
        if block.language == "console":
            lines = example.typed().splitlines()
            setup += "".join(f"{line}\n" for line in lines if is_assignment(line))


def is_assignment(line: str) -> bool:
    """Return whether a shell line only sets a variable."""
    return re.match(r"[A-Z_]+=", line) is not None
