"""Reads the examples out of a page of the documentation, each with what it is said to print.

An example is a ``code-block`` in one of ``LANGUAGES``. A comment before it, ``.. Not run: reason``,
is the only way not to be one. What it prints follows it:

* ``console``: lines that start with ``$`` are typed, the others are printed.
* ``json``, its caption ``POST C/endpoint``, is a body; one called ``Answer`` is part of the answer.
* ``ini`` is read, not run, by whoever tests the page.
* ``python`` and ``javascript`` are whole programs; a ``text`` block is what they print.
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
    r"\n(?P<code>(?:(?P=indent)   .*\n|\n)+)",
    re.MULTILINE,
)


@dataclass(frozen=True)
class Block:
    """A code block as it stands.

    Attributes:
        place: page and line, for messages.
        reason: why it is not run; "" if it is.
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
        shown: what it prints or answers as the page says; None if the page does not say.
        setup: shell variables that the page has set before.
    """

    block: Block
    shown: str | None
    setup: str = ""

    def __str__(self) -> str:
        return f"{self.block.place}-{self.block.language}"

    @property
    def endpoint(self) -> str:
        """Below the collection, where a body in JSON is sent."""
        return self.block.caption.removeprefix("POST C/")

    def typed(self) -> str:
        """Return what is typed of a ``console`` block."""
        return "\n".join(line[2:] for line in self.block.code.splitlines() if line[:2] == "$ ")

    def printed(self) -> str:
        """Return what a ``console`` block shows as printed."""
        return "\n".join(line for line in self.block.code.splitlines() if line[:2] != "$ ")


def read_blocks(page: str) -> list[Block]:
    """Return the code blocks of a page, a path below ``docs``.

    Raises:
        ValueError: it has code in another form, which nobody would run.
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
        raise ValueError(f"{page} has code that is in no code-block of the usual form")
    return found


def iter_examples(page: str) -> Iterator[Example]:
    """Yield the examples of a page, with the block after each that tells what comes of it.

    Raises:
        ValueError: there is a block that is neither.
    """
    blocks = read_blocks(page)
    setup = ""
    while blocks:
        block = blocks.pop(0)
        if block.reason or block.language == "ini":
            continue
        if block.language not in LANGUAGES or block.caption == "Answer":
            raise ValueError(f"{block.place}: this block belongs to no example")
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
    """Tell whether a shell line only sets a variable."""
    return re.match(r"[A-Z_]+=", line) is not None
