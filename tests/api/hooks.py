"""What schemathesis has to know of this API beyond its description."""

import json
import os

import schemathesis
from schemathesis.core.parameters import ParameterLocation


@schemathesis.serializer("application/x-ndjson")
def lines(context, value):
    """A body of JSON lines: one, of what was made for the schema of a line."""
    if isinstance(value, bytes):
        return value
    return (json.dumps(value) + "\n").encode()


@schemathesis.deserializer("application/x-ndjson")
def first_line(context, response):
    """The first line of an answer, which its schema describes; the last one is a summary."""
    return json.loads(response.content.splitlines()[0])


@schemathesis.hook
def filter_case(context, case):
    """The token that everything is asked with must not be revoked by it; and not every form can be wrong."""
    is_own_token = os.environ["LARUM_OWN_TOKEN_ID"] in str((case.path_parameters or {}).get("id", ""))
    return not is_own_token and not is_wrong_form(case)


def is_wrong_form(case):
    """Meant as a form that does not fit: but a field of a form is bytes, and whatever they are, they are a file."""
    body = case.meta.components.get(ParameterLocation.BODY) if case.meta else None
    return case.media_type == "multipart/form-data" and body is not None and body.mode.is_negative


@schemathesis.hook
def map_body(context, body):
    """JSON Schema calls 2.0 an integer; strict readers of JSON do not, and nobody's program writes one so."""
    return whole(body)


def whole(value):
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, dict):
        return {key: whole(of) for key, of in value.items()}
    if isinstance(value, list):
        return [whole(of) for of in value]
    return value
