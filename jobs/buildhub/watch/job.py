"""Announcing each new build, once, in order."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing

from buildhub.watch.builds import Wanted, is_wanted
from buildhub.watch.follow import Batch, Document
from buildhub.watch.state import State

Announce = Callable[[Document], Awaitable[None]]
"""Prints a build, or delivers it; returns when that is done."""


async def watch(
    batches: AsyncGenerator[Batch, None],
    state: State | None,
    wanted: Wanted,
    announce: Announce,
    save: Callable[[State], None],
) -> None:
    """Announce builds until the batches end.

    A build is announced first and saved then: whatever ends the watch in between, the next one
    announces it again, and never leaves it out.

    Args:
        batches: changes after the state's position.
        state: of the last run; None: there was none.
        save: called with each new state.
    """
    announced = () if state is None else state.announced
    async with aclosing(batches):
        async for batch in batches:
            for document in batch.documents:
                record_id = str(document["id"])
                if is_wanted(document, wanted) and record_id not in announced:
                    await announce(document)
                    position = int(document["last_modified"])
                    state = State(position, announced).after(record_id, position)
                    announced = state.announced
                    save(state)
            reached = State(batch.position, announced)
            if reached != state:
                state = reached
                save(state)
