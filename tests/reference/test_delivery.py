import asyncio
from datetime import timedelta

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.reference.delivery import Policy, persist, retry_after
from harness.reference.problems import Undeliverable
from tests.reference.world import START, TestClock, answer


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2.0", 2.0),
        ("0", 0.0),
        ("-3", 0.0),
        ("Mon, 02 Mar 2026 08:00:30 GMT", 30.0),
        ("Mon, 02 Mar 2026 08:00:30 -0000", 30.0),
        ("Mon, 02 Mar 2026 07:59:00 GMT", 0.0),
        ("soon", None),
        ("nan", None),
        ("inf", None),
    ],
)
def test_retry_after_is_understood(text: str, expected: float | None) -> None:
    """Seconds and dates are obeyed, the past means now, and nonsense is not obeyed."""
    assert expected == retry_after(answer(429, Retry_After=text), now=START)


def test_no_retry_after_asks_for_nothing() -> None:
    """Without the header the agreed wait counts."""
    assert retry_after(answer(503), now=START) is None


@given(st.text(st.characters(min_codepoint=32, max_codepoint=126)))
def test_any_retry_after_gives_a_wait_or_none(text: str) -> None:
    """No header, however odd, ends the retries with an error or makes a wait negative."""
    seconds = retry_after(answer(429, Retry_After=text), now=START)
    assert seconds is None or seconds >= 0


@given(failures=st.integers(1, 50))
def test_equal_jitter_keeps_half(failures: int) -> None:
    """A wait with jitter lies between half of the full wait and all of it."""
    full = Policy(attempts=9, first=2.0, factor=3.0).wait(failures)
    drawn = Policy(attempts=9, first=2.0, factor=3.0, jitter=True).wait(failures)
    assert full / 2 <= drawn <= full <= 300


def test_giving_up_says_why() -> None:
    """The reason names the last trouble, so that people know where to look."""

    async def call() -> httpx.Response:
        raise httpx.ConnectError("refused")

    policy = Policy(attempts=1, first=1.0)
    with pytest.raises(Undeliverable, match="after 1 calls, the last: ConnectError"):
        asyncio.run(persist(call, policy=policy, clock=TestClock()))


def test_a_call_exactly_at_the_limit_is_made() -> None:
    """Giving up after ten seconds allows a call at ten seconds, and none later."""
    answers = [answer(503, Retry_After="10"), answer(200)]

    async def call() -> httpx.Response:
        return answers.pop(0)

    async def story() -> httpx.Response:
        clock = TestClock()
        policy = Policy(attempts=9, first=1.0, give_up_after=10.0)
        task = asyncio.create_task(persist(call, policy=policy, clock=clock))
        await clock.advance(timedelta(seconds=10).total_seconds())
        return await task

    assert asyncio.run(story()).status_code == 200
