"""Every line tells which process wrote it."""

import io
import os

from ops.run.console import LINE_BYTES_MAX, Console


async def written(*pieces: bytes) -> list[bytes]:
    out = io.BytesIO()
    console = Console(out, coloured=False)
    read_fd, write_fd = os.pipe()
    console.follow("consent", read_fd)
    for piece in pieces:
        os.write(write_fd, piece)
    os.close(write_fd)
    await console.finish()
    return out.getvalue().splitlines()


async def test_lines_are_passed_on_as_they_are_behind_the_name() -> None:
    assert await written(b'{"event":"a"}\n{"ev', b'ent":"b"}\n') == [
        b'consent               | {"event":"a"}',
        b'consent               | {"event":"b"}',
    ]


async def test_last_words_need_no_line_end() -> None:
    assert await written(b"Segmentation fault") == [b"consent               | Segmentation fault"]


async def test_an_endless_line_is_cut() -> None:
    lines = await written(*[b"x" * 32_768] * 2)
    more = await written(b"short\n")
    assert max(len(line) for line in lines) <= LINE_BYTES_MAX + 32_768 + 24
    assert len(more) == 1
