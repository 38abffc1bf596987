"""Plays the story through the client of openapi-python-client.

BASE_URL  the server, with the demo data      OUTBOX  the folder of the mails that it sends
DOCUMENT  the document of the API             BODIES  the bodies of the story
PYTHONPATH names the folder of the generated package `pain_journal_client`.
"""

import importlib
import json
import os
import typing
from contextlib import contextmanager

from names import snake
from pain_journal_client import AuthenticatedClient, Client
from story import Answer, Play

from judge import Judge


class Generated:
    """Calls the generated functions."""

    def __init__(self, base, judge):
        self.base = base
        self.judge = judge
        self.heard = None

    def client(self, token):
        def listen(response):
            self.heard = response

        # A status that the document does not name is an exception of the client itself.
        options = {
            "base_url": self.base,
            "raise_on_unexpected_status": True,
            "timeout": 60.0,
            "httpx_args": {"event_hooks": {"response": [listen]}},
        }
        return AuthenticatedClient(token=token, **options) if token else Client(**options)

    def module(self, operation):
        tag = self.judge.operations[operation][2]["tags"][0]
        return importlib.import_module(f"pain_journal_client.api.{tag}.{snake(operation)}")

    def arguments(self, operation, function, body, parameters):
        known = {snake(name) for name in self.judge.parameters(operation)}
        hints = typing.get_type_hints(function)
        found = {}
        for name, value in parameters.items():
            assert snake(name) in known, f"{operation} has no parameter {name}"
            # A word that Python keeps for itself.
            found[next(n for n in (snake(name), f"{name}_") if n in hints)] = value
        if body is not None:
            found["body"] = hints["body"].from_dict(body) if isinstance(body, dict) else body
        return found

    def __call__(self, operation, status=200, *, token=None, body=None, **parameters):
        function = self.module(operation).sync_detailed
        arguments = self.arguments(operation, function, body, parameters)
        with self.client(token) as client:
            answer = function(client=client, **arguments)
        heard = self.heard
        expected = status if isinstance(status, set) else {status}
        assert heard.status_code in expected, f"{operation}: {heard.status_code} {heard.text[:2000]}"
        self.answer(operation, heard.content)
        return Answer(answer.parsed, heard.headers, heard.text)

    def answer(self, operation, content):
        heard = self.heard
        media = heard.headers.get("content-type", "").split(";")[0]
        method, url = heard.request.method, str(heard.request.url)
        self.judge.answer(operation, method, url, heard.status_code, media, heard.headers, content)

    @contextmanager
    def stream(self, operation, *, token):
        request = self.module(operation)._get_kwargs()
        with self.client(token) as client, client.get_httpx_client().stream(**request) as response:
            self.answer(operation, None)
            yield response.iter_text()


def main():
    judge = Judge(json.load(open(os.environ["DOCUMENT"])))
    client = Generated(os.environ["BASE_URL"], judge)
    Play(client, os.environ["OUTBOX"], json.load(open(os.environ["BODIES"]))).everything()
    print(judge.everything())


main()
