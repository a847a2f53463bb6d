"""A system that is told things: alerts, tickets, parking queues; whatever its file describes."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from harness.landscape import Call as Carriage
from harness.landscape import System
from harness.mapping import missing, parse_path, read, read_all, shown
from harness.simulators.base import Call, Context, Reply, Simulator, reply
from harness.simulators.bodies import NotJson, read_json
from harness.simulators.profiles import Profile
from harness.simulators.routing import Parameters, Router


class Alerting(Simulator):
    """Accept every request that the system's file describes, and keep what it carries."""

    def __init__(
        self, system: System, context: Context, *, secrets: Mapping[str, str], profile: Profile
    ) -> None:
        super().__init__(system, context, secrets=secrets, profile=profile)
        self._held: dict[str, list[dict[str, Any]]] = {name: [] for name in system.messages}
        self._router = Router(
            {
                carriage.request: partial(self._take, name, carriage.at)
                for name, message in system.messages.items()
                for carriage in message.carried_by.values()
                if isinstance(carriage, Carriage) and carriage.request
            }
        )

    def handle(self, call: Call) -> Reply:
        """Answer 201 to what it knows, 404 to anything else."""
        found = self._router.find(call)
        if found is None:
            return reply(404, {"error": "not_found"})
        handler, parameters = found
        return handler(call, parameters)

    def snapshot(self) -> Mapping[str, list[dict[str, Any]]]:
        """Return what it was told, by message, in the order of their keys and arrival."""
        return {
            name: sorted(rows, key=lambda row: str(row["key"])) for name, rows in self._held.items()
        }

    def _take(self, name: str, at: str, call: Call, _parameters: Parameters) -> Reply:
        try:
            body = read_json(call)
        except NotJson as error:
            return reply(400, {"ok": False, "error": f"not JSON: {error}"})
        key_path = self.system.messages[name].key
        messages = [found.value for found in read_all(parse_path(at).tail(), body)]
        keys = [read(parse_path(key_path), message) for message in messages]
        if not keys or any(missing(key) for key in keys):
            return reply(422, {"ok": False, "error": f"{key_path} is missing"})
        for key, message in zip(keys, messages, strict=True):
            self._held[name].append({"key": shown(key), "body": message})
            self.context.commit(name, shown(key), message)
        return reply(201, {"ok": True})
