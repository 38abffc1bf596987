"""Plays the story through the Python client of openapi-generator.

BASE_URL  the server, with the demo data      OUTBOX  the folder of the mails that it sends
DOCUMENT  the document of the API             BODIES  the bodies of the story
PYTHONPATH names the folder of the generated package `pain_journal_client`.
"""

import inspect
import json
import os
import typing
from contextlib import contextmanager

import pain_journal_client
from names import snake
from pain_journal_client.exceptions import ApiException
from pain_journal_client.rest import RESTClientObject
from story import Answer, Play

from judge import Judge


class Generated:
    """Calls the generated functions."""

    def __init__(self, base, judge):
        self.judge = judge
        self.base = base
        self.heard = None
        listener = self

        class Listening(RESTClientObject):
            """The transport of the generated client, with a listener."""

            def request(self, method, url, *arguments, **options):
                response = super().request(method, url, *arguments, **options)
                listener.heard = (method, url, response)
                return response

        self.transport = Listening

    def api(self, token):
        configuration = pain_journal_client.Configuration(host=self.base, access_token=token)
        client = pain_journal_client.ApiClient(configuration)
        client.rest_client = self.transport(configuration)
        return client

    def function(self, operation, token, kind):
        tag = self.judge.operations[operation][2]["tags"][0]
        made = getattr(pain_journal_client, f"{tag.capitalize()}Api")(self.api(token))
        return getattr(made, snake(operation) + kind)

    def arguments(self, operation, function, body, parameters):
        known = {snake(name): name for name in self.judge.parameters(operation)}
        names = inspect.signature(function).parameters
        found = {}
        for name, value in parameters.items():
            assert snake(name) in known, f"{operation} has no parameter {name}"
            # A word that Python keeps for itself.
            found[next(n for n in (snake(name), f"var_{name}") if n in names)] = value
        if body is not None:
            hints = typing.get_type_hints(function, include_extras=False)
            documented = {*known, *(f"var_{name}" for name in known)}
            (name,) = [n for n in names if not n.startswith("_") and n not in documented]
            found[name] = hints[name].from_dict(body) if isinstance(body, dict) else body
        return found

    def __call__(self, operation, status=200, *, token=None, body=None, **parameters):
        function = self.function(operation, token, "_with_http_info")
        arguments = self.arguments(operation, function, body, parameters)
        try:
            data = function(**arguments).data
        except ApiException as refused:
            data = refused.data
        method, url, response = self.heard
        expected = status if isinstance(status, set) else {status}
        content = response.data or b""
        assert response.status in expected, f"{operation}: {response.status} {content[:2000]}"
        headers = response.getheaders()
        media = headers.get("content-type", "").split(";")[0]
        self.judge.answer(operation, method, url, response.status, media, headers, content)
        return Answer(data, headers, content.decode("utf-8", "replace"))

    @contextmanager
    def stream(self, operation, *, token):
        response = self.function(operation, token, "_without_preload_content")()
        headers = response.headers
        media = headers.get("content-type", "").split(";")[0]
        method, url, _ = self.heard
        self.judge.answer(operation, method, url, response.status, media, headers, None)
        yield response.stream(64)
        response.close()


def main():
    judge = Judge(json.load(open(os.environ["DOCUMENT"])))
    client = Generated(os.environ["BASE_URL"], judge)
    Play(client, os.environ["OUTBOX"], json.load(open(os.environ["BODIES"]))).everything()
    print(judge.everything())


main()
