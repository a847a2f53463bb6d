"""Real traffic: recorded once from a live system, played again without it."""

from harness.recordings.cassette import (
    Cassette,
    Episode,
    Request,
    Response,
    read_cassette,
    write_cassette,
)
from harness.recordings.live import leaving, live_call, live_client
from harness.recordings.masking import masked
from harness.recordings.recorder import Recording, recording
from harness.recordings.replay import Miss, Replay

__all__ = [
    "Cassette",
    "Episode",
    "Miss",
    "Recording",
    "Replay",
    "Request",
    "Response",
    "leaving",
    "live_call",
    "live_client",
    "masked",
    "read_cassette",
    "recording",
    "write_cassette",
]
