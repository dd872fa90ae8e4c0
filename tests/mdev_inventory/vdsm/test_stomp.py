"""The frame codec: what VDSM writes is read, what we write VDSM reads, and nonsense has a name."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mdev_inventory.vdsm.stomp import COMMANDS, Frame, FrameError, FrameTooLargeError, Parser, encode

TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=30)
HEADERS = st.dictionaries(TEXT.filter(lambda name: name not in ("", "content-length")), TEXT, max_size=4)
FRAMES = st.builds(Frame, st.sampled_from(sorted(COMMANDS)), HEADERS, st.binary(max_size=200))


def read(frame: Frame) -> Frame:
    """The frame as a reader sees it: with the length of its body in bytes."""
    length = {"content-length": str(len(frame.body))} if frame.body else {}
    return Frame(frame.command, {**frame.headers, **length}, frame.body)


@given(st.lists(FRAMES, max_size=4), st.integers(1, 50), st.sampled_from([b"", b"\n", b"\r\n\n"]))
def test_frames_survive_the_wire(frames: list[Frame], step: int, between: bytes) -> None:
    """Any frames, cut into pieces of any size, with heart-beats in between, are read as written."""
    stream = between + b"".join(encode(frame) + between for frame in frames)
    parser = Parser()

    seen = [frame for at in range(0, len(stream), step) for frame in parser.feed(stream[at : at + step])]

    assert [read(frame) for frame in frames] == seen
    assert not parser.within_frame


@given(st.lists(st.binary(max_size=60), max_size=6))
def test_any_bytes_end_in_frames_or_a_named_error(pieces: list[bytes]) -> None:
    """Whatever a peer sends, the parser answers with frames or FrameError, nothing else."""
    parser = Parser(body_limit=100, head_limit=100)
    try:
        frames = [frame for piece in pieces for frame in parser.feed(piece)]
    except FrameError:
        return

    assert {frame.command for frame in frames} <= COMMANDS


def test_a_request_is_written_as_vdsm_reads_it() -> None:
    """Colons in a value travel as \\c, the body's length is in bytes, the frame ends with NUL."""
    frame = Frame("SEND", {"destination": "jms.topic.vdsm_requests", "reply-to": "a:b"}, "\u20ac".encode())

    assert (b"SEND\ndestination:jms.topic.vdsm_requests\nreply-to:a\\cb\ncontent-length:3\n\n\xe2\x82\xac\0") == encode(
        frame
    )


def test_a_body_with_nul_bytes_is_delimited_by_its_length() -> None:
    """`content-length` decides where the body ends, not the first NUL."""
    assert [Frame("MESSAGE", {"content-length": "3"}, b"a\0b")] == Parser().feed(b"MESSAGE\ncontent-length:3\n\na\0b\0")


def test_a_body_without_a_length_ends_at_the_first_nul() -> None:
    """A frame without `content-length` is legal, even if VDSM always sends it."""
    assert [Frame("ERROR", {}, b"Version unsupported"), Frame("RECEIPT", {"receipt-id": "1"})] == Parser().feed(
        b"ERROR\n\nVersion unsupported\0RECEIPT\nreceipt-id:1\n\n\0"
    )


def test_lines_may_end_with_carriage_returns_and_the_first_of_repeated_headers_counts() -> None:
    """Both are the standard's rules for 1.2."""
    assert [Frame("CONNECTED", {"version": "1.2"})] == Parser().feed(
        b"\r\nCONNECTED\r\nversion:1.2\r\nversion:1.1\r\n\r\n\0"
    )


def test_a_stream_that_ends_inside_a_frame_is_told_from_one_that_ends_between_two() -> None:
    """Half an answer must not look like none."""
    parser = Parser()
    states = []
    for piece in (b"\n", b"MESS", b"AGE\n", b"\nbody", b"\0\n"):
        parser.feed(piece)
        states.append(parser.within_frame)

    assert [False, True, True, True, False] == states


@pytest.mark.parametrize(
    ("stream", "text"),
    [
        pytest.param(b"HTTP/1.1 400 Bad Request\r\n", "HTTP/1.1", id="a web server"),
        pytest.param(b"\xff" * 20, "begins with", id="binary without any newline"),
        pytest.param(b"connect\n", "'connect'", id="commands are upper case"),
        pytest.param(b"MESSAGE\nno colon\n", "no colon", id="header without a colon"),
        pytest.param(b"MESSAGE\n:value\n", ":value", id="header without a name"),
        pytest.param(b"MESSAGE\nhost:[::1]\n", "'host'", id="raw colon in a value"),
        pytest.param(b"MESSAGE\na:\\t\n", "escape", id="unknown escape"),
        pytest.param(b"MESSAGE\na:b\\\n", "escape", id="backslash at the end"),
        pytest.param(b"MESSAGE\na:\xff\n", "UTF-8", id="head is not UTF-8"),
        pytest.param(b"MESSAGE\ncontent-length:-1\n\n\0", "content-length", id="negative length"),
        pytest.param(b"MESSAGE\ncontent-length:1\n\nab\0", "content-length 1", id="length too small"),
    ],
)
def test_broken_streams_are_named(stream: bytes, text: str) -> None:
    """The error quotes what was wrong, as soon as it is there."""
    with pytest.raises(FrameError, match=text.replace("\\", ".").replace("[", ".")):
        Parser().feed(stream)


@pytest.mark.parametrize(
    ("stream", "fits"),
    [
        pytest.param(b"ERROR\n\n12345678\0", True, id="body of the limit"),
        pytest.param(b"ERROR\n\n123456789\0", False, id="body one beyond"),
        pytest.param(b"ERROR\n\n123456789", False, id="body beyond, no end in sight"),
        pytest.param(b"ERROR\ncontent-length:8\n\n12345678\0", True, id="length of the limit"),
        pytest.param(b"ERROR\ncontent-length:9\n\n", False, id="announced length one beyond"),
        pytest.param(b"ERROR\n" + b"n:1\n" * 8 + b"\n\0", False, id="many headers"),
        pytest.param(b"ERROR\n" + b"n" * 40, False, id="a header without end"),
        pytest.param(b"ERROR\n" + b"n:1\n" * 6 + b"\n\0", True, id="head below the limit"),
    ],
)
def test_frames_have_limits(stream: bytes, fits: bool) -> None:
    """A peer cannot make us keep more than the limits, whether it announces the size or not."""
    parser = Parser(body_limit=8, head_limit=32)
    if fits:
        assert 1 == len(parser.feed(stream))
    else:
        with pytest.raises(FrameTooLargeError):
            parser.feed(stream)


@pytest.mark.parametrize(
    "frame", [pytest.param(Frame("HELLO"), id="unknown command"), pytest.param(Frame("SEND", {"a": "\0"}), id="NUL")]
)
def test_what_cannot_be_written_is_refused(frame: Frame) -> None:
    """No bytes leave that the other side could not read."""
    with pytest.raises(FrameError):
        encode(frame)
