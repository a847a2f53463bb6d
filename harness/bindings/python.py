"""An integration in this process: an ASGI or WSGI application made by a factory."""

from __future__ import annotations

import asyncio
import importlib
import inspect
import io
import sys
import traceback
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from harness.errors import IntegrationError
from harness.history import Headers
from harness.simulators.base import Call, Reply

STARTUP_SECONDS = 30.0
SHUTDOWN_SECONDS = 30.0
INTERNAL_ERROR = Reply(500)

OnCrash = Callable[[BaseException], None]


def load_factory(target: str, *, root: Path) -> Callable[..., Any]:
    """Import ``module:function``; the project's folder is importable.

    Raises:
        IntegrationError: one message that says what is missing, where it was looked for, and for
            an integration that raises on import, where it raised.
    """
    module_name, colon, attribute = target.partition(":")
    if not colon or not module_name or not attribute:
        raise IntegrationError(
            f"golive.toml: integration.factory {target!r} is not of the form "
            "`package.module:create`"
        )
    folder = str(root)
    if folder not in sys.path:
        sys.path.insert(0, folder)
    _refuse_shadow(root)
    try:
        module = importlib.import_module(module_name)
    except ModuleNotFoundError as error:
        if error.name and (module_name == error.name or module_name.startswith(error.name + ".")):
            raise IntegrationError(
                f"golive.toml: integration.factory names the module {module_name!r}, and there is "
                f"no {error.name!r} in {folder} or among the installed packages"
            ) from error
        raise IntegrationError(_raised(module_name, error)) from error
    except Exception as error:  # the integration's own code may raise anything
        raise IntegrationError(_raised(module_name, error)) from error
    factory = getattr(module, attribute, None)
    if not callable(factory):
        names = ", ".join(sorted(n for n in vars(module) if not n.startswith("_"))[:12])
        raise IntegrationError(
            f"golive.toml: integration.factory: {module_name} has no function {attribute!r}; "
            f"it has: {names or 'nothing public'}"
        )
    if not inspect.isfunction(factory) and (_is_asgi(factory) or not _takes_urls(factory)):
        raise IntegrationError(
            f"golive.toml: integration.factory {target!r} is an application, not a factory; its "
            "state would leak from one scenario into the next. Point it at a function "
            "`create(*, urls, secrets)` that returns a new application"
        )
    return factory  # type: ignore[no-any-return]  # checked to be callable above


def _refuse_shadow(root: Path) -> None:
    """Refuse a package called ``harness`` beside golive.toml: imports would be ambiguous."""
    theirs = root / "harness" / "__init__.py"
    ours = Path(__file__).resolve().parents[1] / "__init__.py"
    if theirs.is_file() and theirs.resolve() != ours:
        raise IntegrationError(
            f"two packages are called `harness`: yours at {theirs.parent} and the one of Golive at "
            f"{ours.parent}; rename yours, or import it under another name"
        )


def _raised(module: str, error: BaseException) -> str:
    traced = traceback.extract_tb(error.__traceback__)
    frames = [f for f in traced if "importlib" not in f.filename and f.filename != __file__]
    place = f" at {frames[-1].filename}:{frames[-1].lineno}" if frames else ""
    return f"importing {module} raised {type(error).__name__}: {error}{place}"


def _takes_urls(factory: Any) -> bool:
    try:
        return "urls" in inspect.signature(factory).parameters
    except (TypeError, ValueError):
        return False


def _is_asgi(app: Any) -> bool:
    call = app if inspect.isfunction(app) or inspect.ismethod(app) else type(app).__call__
    return inspect.iscoroutinefunction(call)


_LAST_WORDS = 60.0
"""Seconds that a cancelled task has for its own clean-up."""


class PythonBinding:
    """One integration, built for one scenario; started, called, stopped.

    ``in_thread`` runs a synchronous function in a worker thread of the scenario's loop.
    """

    def __init__(
        self,
        factory: Callable[..., Any],
        *,
        urls: Mapping[str, str],
        secrets: Mapping[str, str],
        on_crash: OnCrash,
        in_thread: Callable[..., Awaitable[Any]],
    ) -> None:
        self._factory = factory
        self._urls = dict(urls)
        self._secrets = dict(secrets)
        self._on_crash = on_crash
        self._in_thread = in_thread
        self._app: Any = None
        self._asgi = False
        self._lifespan: _Lifespan | None = None
        self._requests: set[asyncio.Task[None]] = set()
        self._foreign: set[asyncio.Task[Any]] = set()

    @property
    def running(self) -> bool:
        """Return whether the integration takes calls."""
        return self._app is not None

    async def start(self) -> None:
        """Build the application and run its start-up.

        Raises:
            IntegrationError: the factory or the start-up raised.
        """
        self._foreign = set(asyncio.all_tasks())
        try:
            app = self._factory(urls=dict(self._urls), secrets=dict(self._secrets))
        except Exception as error:  # the integration's own code may raise anything
            raise IntegrationError(
                _raised(f"the factory {self._factory.__name__}", error).replace(
                    "importing ", "calling "
                )
            ) from error
        if not callable(app):
            raise IntegrationError(
                f"the factory {self._factory.__name__} returned {type(app).__name__}; it must "
                "return an ASGI or WSGI application"
            )
        self._app, self._asgi = app, _is_asgi(app)
        if self._asgi:
            self._lifespan = _Lifespan(app)
            await self._lifespan.start()

    async def deliver(self, call: Call) -> Reply | None:
        """Hand a request to the integration; None when it does not run."""
        if self._app is None:
            return None
        return await (self._deliver_asgi(call) if self._asgi else self._deliver_wsgi(call))

    async def stop(self) -> list[str]:
        """Run the shut-down; cancel what is still running and return what that was."""
        if self._app is None:
            return []
        if self._lifespan is not None:
            await self._lifespan.stop()
        self._app = self._lifespan = None
        await asyncio.sleep(0)
        mine = asyncio.current_task()
        left = [t for t in asyncio.all_tasks() - self._foreign if t is not mine and not t.done()]
        left = [t for t in left if not t.get_name().startswith("golive:")]
        names = sorted(_where(task) for task in left)
        for task in left:
            task.cancel()
        if left:
            # One that swallows its cancellation must not hold up the end of the scenario.
            await asyncio.wait(left, timeout=_LAST_WORDS)
        return names

    async def kill(self) -> None:
        """Stop it without a shut-down, as a crash would."""
        self._app = None

    async def _deliver_asgi(self, call: Call) -> Reply:
        answered: asyncio.Future[Reply] = asyncio.get_running_loop().create_future()
        task = asyncio.create_task(self._run_asgi(call, answered), name="integration:request")
        self._requests.add(task)
        task.add_done_callback(self._requests.discard)
        return await asyncio.shield(answered)

    async def _run_asgi(self, call: Call, answered: asyncio.Future[Reply]) -> None:
        asked = False
        status, chunks = 500, bytearray()
        headers: Headers = ()

        async def receive() -> dict[str, Any]:
            nonlocal asked
            if not asked:
                asked = True
                return {"type": "http.request", "body": call.body, "more_body": False}
            await answered
            return {"type": "http.disconnect"}

        async def send(message: Mapping[str, Any]) -> None:
            nonlocal status, headers
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = tuple(
                    (bytes(k).decode("latin-1"), bytes(v).decode("latin-1"))
                    for k, v in message.get("headers", ())
                )
            elif message["type"] == "http.response.body":
                chunks.extend(message.get("body", b""))
                if not message.get("more_body", False) and not answered.done():
                    answered.set_result(Reply(status, bytes(chunks), headers))

        try:
            await self._app(_scope(call), receive, send)
        except Exception as error:  # noqa: BLE001 - the integration may raise anything
            self._on_crash(error)
        else:
            if not answered.done():
                self._on_crash(RuntimeError("the application ended without an answer"))
        finally:
            if not answered.done():
                answered.set_result(INTERNAL_ERROR)

    async def _deliver_wsgi(self, call: Call) -> Reply:
        try:
            return await self._in_thread(_run_wsgi, self._app, call)  # type: ignore[no-any-return]
        except Exception as error:  # noqa: BLE001 - the integration may raise anything
            self._on_crash(error)
            return INTERNAL_ERROR


class _Lifespan:
    """The ASGI lifespan protocol; an application that does not speak it is left alone."""

    def __init__(self, app: Any) -> None:
        self._app = app
        self._to_app: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._from_app: asyncio.Queue[Mapping[str, Any]] = asyncio.Queue()
        self._task: asyncio.Task[None] | None = None
        self._spoken = False

    async def start(self) -> None:
        scope = {"type": "lifespan", "asgi": {"version": "3.0", "spec_version": "2.0"}, "state": {}}
        self._task = asyncio.create_task(
            self._app(scope, self._to_app.get, self._from_app.put), name="integration:lifespan"
        )
        await self._to_app.put({"type": "lifespan.startup"})
        answer = await self._next(STARTUP_SECONDS)
        if answer is None:
            error = self._task.exception() if self._task.done() else None
            if self._task.done() and not self._spoken:
                return  # no lifespan support: allowed by the specification
            raise IntegrationError(f"the integration did not start: {error or 'no answer in time'}")
        self._spoken = True
        if answer["type"] == "lifespan.startup.failed":
            raise IntegrationError(
                f"the integration did not start: {answer.get('message') or 'it gave no reason'}"
            )

    async def stop(self) -> None:
        if self._task is None or self._task.done():
            return
        await self._to_app.put({"type": "lifespan.shutdown"})
        await self._next(SHUTDOWN_SECONDS)
        await asyncio.wait({self._task}, timeout=1)

    async def _next(self, seconds: float) -> Mapping[str, Any] | None:
        assert self._task is not None  # noqa: S101 - start() made it
        getter = asyncio.create_task(self._from_app.get())
        await asyncio.wait(
            {getter, self._task}, timeout=seconds, return_when=asyncio.FIRST_COMPLETED
        )
        if getter.done():
            return getter.result()
        getter.cancel()
        await asyncio.gather(getter, return_exceptions=True)
        return None


def _scope(call: Call) -> dict[str, Any]:
    parts = urlsplit(call.url)
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.4"},
        "http_version": "1.1",
        "method": call.method,
        "scheme": parts.scheme or "https",
        "path": unquote(parts.path),
        "raw_path": parts.path.encode("ascii"),
        "query_string": parts.query.encode("ascii"),
        "root_path": "",
        "headers": [
            (name.lower().encode("latin-1"), value.encode("latin-1"))
            for name, value in (*call.headers, ("Content-Length", str(len(call.body))))
        ],
        "client": ("198.51.100.1", 443),
        "server": (parts.hostname or "integration", parts.port or 443),
    }


def _run_wsgi(app: Any, call: Call) -> Reply:
    parts = urlsplit(call.url)
    environ: dict[str, Any] = {
        "REQUEST_METHOD": call.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote(parts.path),
        "QUERY_STRING": parts.query,
        "SERVER_NAME": parts.hostname or "integration",
        "SERVER_PORT": "443",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "CONTENT_LENGTH": str(len(call.body)),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "https",
        "wsgi.input": io.BytesIO(call.body),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    for name, value in call.headers:
        key = name.upper().replace("-", "_")
        environ[key if key == "CONTENT_TYPE" else f"HTTP_{key}"] = value
    started: list[tuple[str, list[tuple[str, str]]]] = []

    def start_response(
        status: str, headers: list[tuple[str, str]], _exc_info: Any = None
    ) -> Callable[[bytes], None]:
        started.append((status, headers))
        return lambda _data: None

    chunks = app(environ, start_response)
    try:
        body = b"".join(chunks)
    finally:
        if hasattr(chunks, "close"):
            chunks.close()
    status, headers = started[-1]
    return Reply(int(status.split()[0]), body, tuple(headers))


def _where(task: asyncio.Task[Any]) -> str:
    coro = task.get_coro()
    name = getattr(coro, "__qualname__", type(coro).__name__)
    frame = getattr(coro, "cr_frame", None)
    if frame is None:
        return str(name)
    return f"{name} ({Path(frame.f_code.co_filename).name}:{frame.f_lineno})"
