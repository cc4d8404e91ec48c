"""Everything there is, row after row: the next page is asked for when one is used up."""

from service.calls.exchange import Flow, Rows, Send
from service.calls.videos import list_videos as page_call


def list_videos(send: Send, *, filter: str | None = None, page: int = 500) -> Flow[None]:
    """Every video, by id, whether it is available or not.

    Args:
        filter: only videos that this filter matches.
        page: how many to ask for at once.
    """
    cursor: str | None = None
    while True:
        found = yield from send(page_call(cursor=cursor, limit=page, filter=filter))
        yield Rows(found.videos)
        if found.next_cursor is None:
            return
        cursor = found.next_cursor
