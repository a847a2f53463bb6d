"""Cassettes of vcrpy are read as they are found, and written so that vcrpy can play them."""

from __future__ import annotations

import base64
import gzip
import json
import zlib
from pathlib import Path
from typing import Any

import httpx
import pytest
import vcr
from hypothesis import given
from hypothesis import strategies as st

from harness.errors import RecordingError
from harness.recordings import (
    Cassette,
    Episode,
    Request,
    Response,
    read_cassette,
    write_cassette,
)
from harness.recordings.cassette import plain_body

HEAD = "version: 1\ninteractions:\n"


def cassette(folder: Path, response: str, request: str = "body: null") -> Cassette:
    """Return a cassette with one interaction, as vcrpy writes them."""
    file = folder / "c.yaml"
    file.write_text(
        f"{HEAD}- request:\n    method: get\n    uri: https://a.test/x?b=1\n"
        f"    headers: {{Accept: ['*/*']}}\n    {request}\n  response:\n{response}"
    )
    return read_cassette(file)


def answer(body: str, headers: str = "{}") -> str:
    """Return a response as vcrpy writes it."""
    return (
        f"    body: {{string: {body}}}\n    headers: {headers}\n"
        "    status: {code: 200, message: OK}\n"
    )


def test_a_plain_answer_is_read(tmp_path: Path) -> None:
    """Method, address, headers, status and body; repeated headers stay repeated."""
    tape = cassette(tmp_path, answer('"{}"', "{Set-Cookie: [a, b], X-One: c}"))

    (episode,) = tape.episodes
    assert (episode.request.method, episode.request.url) == ("GET", "https://a.test/x?b=1")
    assert episode.response == Response(
        200, (("Set-Cookie", "a"), ("Set-Cookie", "b"), ("X-One", "c")), b"{}"
    )


@pytest.mark.parametrize(
    ("encoding", "packed"),
    [
        ("gzip", gzip.compress(b"hello", mtime=0)),
        ("gzip", gzip.compress(b"hel", mtime=0) + gzip.compress(b"lo", mtime=0)),
        ("gzip", b"hello"),
        ("deflate", zlib.compress(b"hello")),
        ("deflate", zlib.compress(b"hello")[2:-4]),
        ("br", b"hello"),
    ],
)
def test_an_encoded_body_becomes_plain(tmp_path: Path, encoding: str, packed: bytes) -> None:
    """The bytes decide, since recordings hold plain bodies under headers that name an encoding."""
    body = f"!!binary {base64.b64encode(packed).decode()}"
    tape = cassette(tmp_path, answer(body, f"{{Content-Encoding: [{encoding}]}}"))

    response = tape.episodes[0].response
    assert response == Response(200, (("Content-Length", "5"),), b"hello")


def test_an_encoding_that_cannot_be_undone_keeps_its_header() -> None:
    """Whoever plays it may know better."""
    headers = (("Content-Encoding", "br"),)

    assert plain_body(b"\xff\xfe", headers) == (b"\xff\xfe", headers)


def test_the_day_comes_from_the_oldest_answer(tmp_path: Path) -> None:
    """Cassettes name no day; the answers often do."""
    tape = cassette(tmp_path, answer("x", "{Date: ['Wed, 04 Feb 2026 23:30:00 -0100']}"))

    assert tape.recorded_on == "2026-02-05"


def test_what_old_versions_wrote_is_read(tmp_path: Path) -> None:
    """Tagged text, buffers as bodies, and answers in the form of the first httpx support."""
    tape = cassette(
        tmp_path,
        "    status_code: 204\n    content: !!python/unicode ''\n    headers: {}\n",
        "body: !!python/object/new:_io.BytesIO {state: !!python/tuple [abc, 0, null, null]}",
    )

    (episode,) = tape.episodes
    assert (episode.request.body, episode.response) == (b"abc", Response(204))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "no vcrpy cassette"),
        ("http_interactions: []", "Ruby VCR"),
        ("log: {entries: []}", "HAR"),
        ("- request: {}", "before 1.0"),
        ("version: 9\ninteractions: []", "version 9"),
        ("a: [", "is no cassette"),
        ("a: !!python/object/apply:os.system ['true']", "is no cassette"),
        (f"{HEAD}- request: {{method: GET}}\n  response: null", r"interactions\[0\]"),
        (f"{HEAD}- request: {{method: GET, uri: nowhere}}\n  response: null", "no address"),
        (f"{HEAD}- 7", r"interactions\[0\]"),
        ("version: 1\ninteractions: {a: 1}", "no vcrpy cassette"),
        ("a: !!int ''", "is no cassette"),
        ("a: !!bool foo", "is no cassette"),
        ("a: !!timestamp foo", "is no cassette"),
        ("a: !!python/object/new:_io.BytesIO {state: 3}", "is no cassette"),
        ("[" * 2_000_000, "nested deeper"),
        ("- " * 10_000, "nested deeper"),
        (
            f"{HEAD}- request: {{method: GET, uri: https://a.test/}}\n"
            "  response: {status: {code: .inf}}",
            r"interactions\[0\]",
        ),
    ],
)
def test_what_is_no_cassette_is_named(tmp_path: Path, text: str, said: str) -> None:
    """File, place, and what was expected; nothing in a file is ever run."""
    (tmp_path / "c.yaml").write_text(text)

    with pytest.raises(RecordingError, match=said) as raised:
        read_cassette(tmp_path / "c.yaml")
    assert "c.yaml" in str(raised.value)


def test_what_is_too_large_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file, and a body that only grows when its encoding is undone."""
    monkeypatch.setattr("harness.recordings.cassette.MAX_BYTES", 2_000)
    with pytest.raises(RecordingError, match="larger"):
        cassette(tmp_path, answer("x" * 2_000))
    packed = base64.b64encode(gzip.compress(bytes(9_000))).decode()
    with pytest.raises(RecordingError, match="without its encoding"):
        cassette(tmp_path, answer(f"!!binary {packed}", "{Content-Encoding: [gzip]}"))


def test_a_missing_cassette_is_named(tmp_path: Path) -> None:
    """With the way out."""
    with pytest.raises(RecordingError, match="record it"):
        read_cassette(tmp_path / "gone.yaml")


def test_bytes_that_are_no_text_are_named(tmp_path: Path) -> None:
    """A file in another encoding is no cassette."""
    (tmp_path / "c.yaml").write_bytes(b"\xff\xfea")

    with pytest.raises(RecordingError, match="UTF-8"):
        read_cassette(tmp_path / "c.yaml")


EPISODES = st.builds(
    Episode,
    st.builds(
        Request,
        st.sampled_from(["GET", "POST"]),
        st.just("https://a.test/x"),
        st.just((("A", "b"),)),
        st.binary(max_size=30),
    ),
    st.none()
    | st.builds(
        Response,
        st.integers(100, 599),
        st.just((("X-Y", "1"), ("X-Y", "2"))),
        st.binary(max_size=30)
        | st.text(max_size=20).map(lambda text: text.encode(errors="replace")),
    ),
)


@given(st.lists(EPISODES, max_size=3))
def test_what_is_written_reads_back(
    tmp_path_factory: pytest.TempPathFactory, episodes: list[Episode]
) -> None:
    """Any body, text or not, survives."""
    file = tmp_path_factory.mktemp("c") / "c.yaml"
    write_cassette(episodes, file, recorded_on="2026-03-02")

    assert read_cassette(file) == Cassette(file.as_posix(), tuple(episodes), "2026-03-02")


def test_json_holds_text_only(tmp_path: Path) -> None:
    """A cassette in JSON reads back; bytes that are no text are refused before writing."""
    good = Episode(Request("GET", "https://a.test/"), Response(200, (), b"{}"))
    write_cassette([good], tmp_path / "c.json")
    assert read_cassette(tmp_path / "c.json").episodes == (good,)

    bad = Episode(Request("GET", "https://a.test/"), Response(200, (), b"\xff"))
    with pytest.raises(RecordingError, match=r"\.yaml"):
        write_cassette([bad], tmp_path / "d.json")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["c.json"]


@pytest.mark.parametrize("name", ["c.yaml", "c.json"])
def test_vcrpy_plays_what_is_written(tmp_path: Path, name: str) -> None:
    """The format is vcrpy's, so that other tools can use our recordings."""
    body = json.dumps({"ok": "é"}).encode()
    episode = Episode(Request("GET", "https://a.test/x"), Response(201, (("X-A", "1"),), body))
    write_cassette([episode], tmp_path / name, recorded_on="2026-03-02")

    options: dict[str, Any] = {"record_mode": "none", "serializer": name[2:]}
    with vcr.use_cassette(str(tmp_path / name), **options):
        played = httpx.get("https://a.test/x")
    assert (played.status_code, played.headers["x-a"], played.content) == (201, "1", body)
