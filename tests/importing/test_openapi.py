"""Messages are found where an OpenAPI description has them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from harness.errors import BadInput
from harness.importing.documents import Source, read_source
from harness.importing.fields import Way
from harness.importing.openapi import body_of, named_schema, servers

JOB = {"type": "object", "properties": {"id": {"type": "string"}}}


def source(folder: Path, data: Any) -> Source:
    """Return a description as it is read."""
    file = folder / "api.json"
    file.write_text(json.dumps({"openapi": "3.1.0", **data}), encoding="utf-8")
    return read_source(file)


def answering(schema: Any, kind: str = "application/json") -> dict[str, Any]:
    """Return an operation that answers with a schema."""
    return {"responses": {"404": {}, "200": {"content": {kind: {"schema": schema}}}}}


def test_a_body_of_version_2_is_a_parameter(tmp_path: Path) -> None:
    """Also where it stands beside the operation, and behind a reference."""
    paths = {"/jobs": {"parameters": [{"$ref": "#/parameters/j"}], "post": {}}}
    data = {"paths": paths, "parameters": {"j": {"in": "body", "schema": JOB}}}

    body = body_of(source(tmp_path, data), "POST /jobs", answer=False)

    assert (body.part.schema, body.way, body.call) == (JOB, Way.SENT, {"request": "POST /jobs"})


def test_an_answer_can_be_asked_for(tmp_path: Path) -> None:
    """Otherwise what is sent counts, and that is said."""
    post = {
        **answering({"title": "answer"}),
        "requestBody": {"content": {"a/json": {"schema": JOB}}},
    }
    api = source(tmp_path, {"paths": {"/jobs": {"post": post}}})

    sent, shown = (body_of(api, "POST /jobs", answer=answer) for answer in (False, True))

    assert (sent.part.schema, shown.part.schema) == (JOB, {"title": "answer"})
    assert sent.notes == ("what POST /jobs takes is written here, not what it answers",)
    assert (shown.way, shown.call) == (Way.SHOWN, {"response": "POST /jobs"})


@pytest.mark.parametrize(
    ("path", "call"),
    [
        ("/jobs/{job-id}", {"response": "GET /jobs/:job_id"}),
        ("/jobs/{id}.json?x=1", {"response": "GET /jobs/:id.json"}),
        ("/jobs/{1st}", {"response": "GET /jobs/:_1st"}),
        ("/jobs/{id}x", None),
        ("/jobs/{id}:cancel", None),
    ],
)
def test_parameters_of_a_path_become_ours(tmp_path: Path, path: str, call: Any) -> None:
    """What would be read otherwise is left out and said."""
    api = source(tmp_path, {"paths": {path: {"get": answering(JOB)}}})

    body = body_of(api, f"GET {path}", answer=False)

    assert body.call == call
    assert bool(body.notes) == (call is None)


def test_a_webhook_is_sent_by_the_system(tmp_path: Path) -> None:
    """Its topic is not its name in the file, so that the way stays open."""
    hook = {"post": {"requestBody": {"content": {"application/json": {"schema": JOB}}}}}

    body = body_of(source(tmp_path, {"webhooks": {"jobDone": hook}}), "jobDone", answer=False)

    assert (body.part.schema, body.way, body.call) == (JOB, Way.SHOWN, None)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("GET /job", "did you mean 'GET /jobs'"),
        ("list", r"has 2 operations 'list'\n.*GET /jobs, GET /all"),
        ("GET /xml", r"api.json:1:\d+: GET /xml says neither .*\n.*application/xml"),
    ],
)
def test_operations_that_do_not_fit_are_said(tmp_path: Path, name: str, said: str) -> None:
    """With those that are there."""
    paths = {
        "/jobs": {"get": {**answering(JOB), "operationId": "list"}},
        "/all": {"get": {**answering(JOB), "operationId": "list"}},
        "/xml": {"get": answering(JOB, "application/xml")},
    }

    with pytest.raises(BadInput, match=said):
        body_of(source(tmp_path, {"paths": paths}), name, answer=False)


def test_schemas_are_named_when_none_fits(tmp_path: Path) -> None:
    """A name that differs in its writing alone is the one that was meant."""
    api = source(tmp_path, {"paths": {}, "components": {"schemas": {"SalesOrder": JOB}}})

    with pytest.raises(BadInput, match=r"did you mean 'SalesOrder'.*--part.*--operation"):
        named_schema(api, "sales_order")


@pytest.mark.parametrize(
    "reference", ["#/components/responses/r", "#/components/responses/none", "x.json"]
)
def test_references_of_answers_end_well(tmp_path: Path, reference: str) -> None:
    """In a circle, nowhere and out of the file: each is one message with a place."""
    data = {
        "paths": {"/a": {"get": {"responses": {"200": {"$ref": reference}}}}},
        "components": {"responses": {"r": {"$ref": "#/components/responses/r"}}},
    }

    with pytest.raises(BadInput, match=r"api.json:1:\d+: .*(circle|leads)"):
        body_of(source(tmp_path, data), "GET /a", answer=False)


def test_addresses_keep_their_path_and_hold_no_secret(tmp_path: Path) -> None:
    """What is not whole, or holds a password, is left out and said."""
    listed = ["https://a.example/v2/", "https://{region}.example", "/api", "https://u:p@b.example"]
    api = source(tmp_path, {"servers": [{"url": url} for url in [*listed, "https://[x", 5]]})

    urls, notes = servers(api)

    assert urls == ["https://a.example/v2"]
    assert len(notes) == 4


def test_the_address_of_version_2_is_put_together(tmp_path: Path) -> None:
    """From its scheme, host and path."""
    api = source(tmp_path, {"host": "a.example", "basePath": "/v1", "schemes": ["http", "https"]})

    assert servers(api) == (["https://a.example/v1"], [])


def test_what_is_no_description_has_nothing(tmp_path: Path) -> None:
    """Sections of the wrong kind are as good as none."""
    api = source(tmp_path, {"paths": [1], "servers": {}, "components": "x", "webhooks": None})

    assert servers(api) == ([], [])
    with pytest.raises(BadInput, match="has no operation"):
        body_of(api, "GET /", answer=False)
