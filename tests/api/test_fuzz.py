"""The OpenAPI document against the server: nothing that it allows breaks the server, and answers keep their shapes."""

from __future__ import annotations

import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from litestar.testing import TestClient
from schemathesis.checks import CHECKS, load_all_checks
from schemathesis.core.failures import FailureGroup

from earmark.server.app import make_app

load_all_checks()
HELD = [CHECKS.get_one(name) for name in ("not_a_server_error", "response_schema_conformance")]
FEW = settings(
    max_examples=10,
    deadline=None,
    database=None,
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)


def faults_of(client: TestClient, operation) -> str | None:
    """Send some of all requests that the document allows; say what was wrong with an answer, if anything was."""

    def answer(case):
        request = case.as_transport_kwargs(base_url="http://127.0.0.1")
        request.pop("cookies", None)
        response = client.request(**request)
        case.validate_response(schemathesis.Response.from_any(response), checks=HELD)

    try:
        FEW(given(case=operation.as_strategy())(answer))()
    except (FailureGroup, AssertionError) as fault:
        return f"{operation.label}: {fault}"
    return None


def test_whatever_the_document_allows_the_server_answers_in_the_shape_that_it_promises(
    store, world, locations, options
):
    world.many(12)
    world.queue(team="ml")
    locations.answers["submit_run"] = lambda payload: {"run_id": world.queue(), "notices": []}
    locations.answers["preview_tick"] = {"status": "skipped", "skip_reason": "nothing new"}
    app = make_app(store, locations, options)
    document = schemathesis.openapi.from_dict(app.openapi_schema.to_schema())
    with TestClient(app, base_url="http://127.0.0.1", raise_server_exceptions=False) as client:
        operations = [found.ok() for found in document.get_all_operations()]
        faults = [fault for fault in (faults_of(client, one) for one in operations) if fault]
    assert len(operations) > 60
    assert not faults, "\n\n".join(faults)
