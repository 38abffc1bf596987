#!/usr/bin/env python3
"""A client of the sync protocol, whole, in Python 3.11 without dependencies: what docs/sync.md says, done.

An app draws screens around it. This one has a command line; the password is in PAIN_JOURNAL_PASSWORD:

    sync_client.py --store phone.db sign-in ana@demo.example
    sync_client.py --store phone.db entry '{"kind": "momentary", "pain_now": 4, "note": "Stiff."}'
    sync_client.py --store phone.db sync
    sync_client.py --store phone.db list journal_entries
"""

import argparse
import json
import os
import sqlite3
import sys
import time
import urllib.error
import urllib.request
import uuid
from urllib.parse import urlencode

SCHEMA = """
CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value TEXT);
CREATE TABLE IF NOT EXISTS record (collection TEXT, id TEXT, state TEXT, refused TEXT, rest TEXT,
    PRIMARY KEY (collection, id));
CREATE TABLE IF NOT EXISTS outbox (path TEXT, key TEXT, body TEXT, sent TEXT);
CREATE TABLE IF NOT EXISTS notice (collection TEXT, id TEXT, what TEXT, said TEXT);
"""
BOOKKEEPING = {"id", "created_at", "updated_at", "clinician_id"}


class OtherAccount(Exception):
    """The store is somebody else's. What they have not sent stays in it until the app wipes it."""


class NoAnswer(Exception):
    """Nothing came back, so nobody knows whether it was done: ask again later, in the same words."""


class Refused(Exception):
    """The server refuses what was asked."""

    def __init__(self, status, problem):
        super().__init__(f"{status} {problem.get('code')}: {problem.get('detail', '')}")
        self.status, self.code, self.problem = status, problem.get("code"), problem


def over_network(method, url, headers, body):
    """One request: its status and JSON."""
    request = urllib.request.Request(url, data=body, headers=headers, method=method)
    try:
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return answer.status, json.loads(answer.read() or b"null")
        except urllib.error.HTTPError as error:
            return error.code, json.loads(error.read() or b"{}")
    except (OSError, ValueError) as error:  # nobody there, or a proxy that speaks for itself
        raise NoAnswer(str(error)) from error


class Record:
    """A record as the phone has it."""

    def __init__(self, collection, id, state, row, refused=None, changed=None, edits=0, seen=None,
                 on_server=False, told_at=0, undelete=False):
        self.collection, self.id = collection, id
        self.state = state            # clean, created, updated or deleted
        self.row = row                # what the patient sees
        self.refused = refused        # why the server does not take it; none once it is edited
        self.changed = changed or {}  # field -> number of its last edit, of those not sent
        self.edits = edits            # edits so far: tells what was typed while a push was under way
        self.seen = seen              # the cursor when the first edit was made that is not sent
        self.on_server = on_server    # has the server told of it?
        self.told_at = told_at        # `updated_at` of the server's row
        self.undelete = undelete      # is it asked back from a tombstone?


class Client:
    """A phone: its store, and the server it syncs with."""

    most = 1000  # rows a pull and changes a push; at most 5000

    def __init__(self, base, store, send=over_network):
        self.base, self.send = base, send
        self.db = sqlite3.connect(store, isolation_level=None)
        self.db.executescript(SCHEMA)

    # The store.

    def stored(self):
        """`with`: all that follows is stored together, or nothing of it."""
        self.db.execute("BEGIN IMMEDIATE")
        return self.db

    def get(self, name):
        found = self.db.execute("SELECT value FROM meta WHERE name = ?", [name]).fetchone()
        return json.loads(found[0]) if found else None

    def put(self, name, value):
        self.db.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", [name, json.dumps(value)])

    def records(self, where, values=()):
        query = f"SELECT collection, id, state, refused, rest FROM record WHERE {where}"
        for collection, id, state, refused, rest in self.db.execute(query, values).fetchall():
            yield Record(collection, id, state, refused=json.loads(refused), **json.loads(rest))

    def find(self, collection, id):
        return next(self.records("collection = ? AND id = ?", [collection, id]), None)

    def keep(self, record):
        rest = dict(vars(record))
        known = [rest.pop("collection"), rest.pop("id"), rest.pop("state"), json.dumps(rest.pop("refused"))]
        self.db.execute("INSERT OR REPLACE INTO record VALUES (?, ?, ?, ?, ?)", [*known, json.dumps(rest)])

    def forget(self, record):
        self.db.execute("DELETE FROM record WHERE collection = ? AND id = ?", [record.collection, record.id])

    def stamp(self):
        """The device's clock in milliseconds. It never goes back, whatever the phone's clock does."""
        now = max(int(time.time() * 1000), (self.get("stamp") or 0) + 1)
        self.put("stamp", now)
        return now

    def say(self, record, what, said):
        """Something to show to the patient."""
        self.db.execute("INSERT INTO notice VALUES (?, ?, ?, ?)",
                        [record.collection, record.id, what, json.dumps(said)])

    # What the patient does. All of it works without a network.

    def create(self, collection, values, id=None):
        with self.stored():
            id = id or str(uuid.uuid4())
            record = self.find(collection, id)
            if record is None:
                row = {"id": id, "created_at": self.stamp()}
                record = Record(collection, id, "created", row, seen=self.get("cursor") or 0)
            elif record.state == "deleted":  # typed anew before the delete was sent: all of it is new
                record.state = "updated" if record.on_server else "created"
                values = dict.fromkeys(record.row.keys() - BOOKKEEPING) | values
            self.touch(record, values)
            return id

    def edit(self, collection, id, values):
        with self.stored():
            self.touch(self.find(collection, id), values)

    def touch(self, record, values):
        if record.state == "clean":
            record.state, record.seen = "updated", self.get("cursor")
        record.edits += 1
        record.changed |= dict.fromkeys(values, record.edits)
        record.row |= values | {"updated_at": self.stamp()}
        record.refused = None
        self.keep(record)

    def delete(self, collection, id):
        with self.stored():
            record = self.find(collection, id)
            if not record.on_server and f"{collection}/{id}" not in self.unanswered()["sent"]:
                return self.forget(record)  # nobody else has ever had it
            self.without(record, record.refused or [])
            self.touch(record, {})
            record.state = "deleted"
            self.keep(record)

    def without(self, record, faults):
        """A delete goes without the values that were refused; the quarantine has these. Were there any?"""
        before = set(record.changed)
        for fault in faults:
            record.changed = {n: e for n, e in record.changed.items() if fault["field"] not in (n, None)}
        return before != set(record.changed)

    def undelete(self, collection, id, values):
        """Asks a record back that is a tombstone on the server, with its last values and these."""
        with self.stored():
            row = {"id": id, "created_at": self.stamp()}
            record = Record(collection, id, "updated", row, seen=self.get("cursor"), on_server=True, undelete=True)
            self.touch(record, values)

    # Sync.

    def sync(self):
        if self.unanswered()["key"]:
            self.deliver()
        self.pull()
        self.push()

    def pull(self):
        has_more = True
        while has_more:
            query = {"last_pulled_at": self.get("cursor") or 0, "account": self.get("account"), "limit": self.most}
            if self.get("resync"):
                query["tombstones"] = 1
            try:
                page = self.call("GET", "/v1/sync", query)
            except Refused as refused:
                if refused.code != "resync_required":
                    raise
                self.begin_again(refused.problem["reason"])
                continue
            with self.stored():  # the rows and the cursor together
                for collection, lists in page["changes"].items():
                    for row in lists["created"] + lists["updated"]:
                        self.pulled(collection, row, page["timestamp"])
                    for id in lists["deleted"]:
                        record = self.find(collection, id)
                        if record and record.state in ("clean", "deleted") and not record.changed:
                            self.forget(record)  # one with edits stays: the next push brings them
                self.put("account", page["account"])
                self.put("cursor", page["timestamp"])
                has_more = page["has_more"]
                if not has_more:
                    self.end_again()

    def pulled(self, collection, row, cursor):
        record = self.find(collection, row["id"])
        record = record or Record(collection, row["id"], "clean", row)
        if self.get("resync") == "epoch_changed" and record.told_at > row["updated_at"]:
            # The restored server has an earlier edit than the phone had been told: give it back.
            lost = {name for name in row if record.row.get(name) != row[name]} - BOOKKEEPING
            if lost and record.state in ("clean", "updated"):
                record.state, record.seen = "updated", record.seen or cursor
                record.changed = dict.fromkeys(lost, record.edits) | record.changed
        self.take(record, row)
        self.keep(record)

    def take(self, record, row):
        """Takes the server's row, but for what the patient has changed and not sent yet."""
        mine = record.changed
        if record.state == "created":  # a field left empty here is filled by another device
            mine = [name for name in mine if record.row.get(name) not in (None, "", "[]")]
        mine = {name: record.row[name] for name in mine if name in record.row}
        if record.state != "clean":
            mine["updated_at"] = record.row["updated_at"]
        record.row = row | mine
        record.on_server, record.told_at = True, row["updated_at"]

    def push(self):
        most = self.most
        while True:
            with self.stored():
                dirty = list(self.records("state <> 'clean' AND refused = 'null' LIMIT ?", [most]))
                if not dirty:
                    return
                changes = {}
                for record in dirty:
                    lists = {"created": [], "updated": [], "deleted": []}
                    changes.setdefault(record.collection, lists)[record.state].append(self.sendable(record))
                # Path, key and body are kept until there is an answer, and repeated as they are.
                query = {"last_pulled_at": self.get("cursor"), "account": self.get("account")}
                sent = {f"{record.collection}/{record.id}": record.edits for record in dirty}
                self.db.execute("INSERT INTO outbox VALUES (?, ?, ?, ?)",
                                ["/v1/sync?" + urlencode(query), str(uuid.uuid4()),
                                 json.dumps({"changes": changes}), json.dumps(sent)])
            try:
                self.deliver()
            except Refused as refused:
                if refused.status != 413:
                    raise
                most = len(dirty) // 2
                if most == 0:  # one record that is too large to travel
                    self.refuse(dirty[0], [{"code": "too_large", "field": None}])
                    most = self.most
            if self.get("resync"):
                self.pull()

    def sendable(self, record):
        about = {"id": record.id, "updated_at": record.row["updated_at"], "_seen": record.seen}
        if record.undelete and record.state != "deleted":
            about["_undelete"] = True
        if record.state == "created":
            return {name: value for name, value in record.row.items() if name != "clinician_id"} | about
        # Of a delete: what was typed before it, for the history.
        return {name: record.row[name] for name in record.changed} | about

    def unanswered(self):
        found = self.db.execute("SELECT path, key, body, sent FROM outbox").fetchone()
        path, key, body, sent = found or (None, None, None, "{}")
        return {"path": path, "key": key, "body": body, "sent": json.loads(sent)}

    def deliver(self):
        """Sends what is in the outbox, and takes in the answer."""
        outbox = self.unanswered()
        try:
            answer = self.call("POST", outbox["path"], body=outbox["body"], key=outbox["key"])
        except Refused as refused:
            if refused.code == "resync_required":
                return self.begin_again(refused.problem["reason"])
            if refused.status < 500 and refused.status not in (401, 408, 429):
                self.db.execute("DELETE FROM outbox")  # nothing of it is stored: it is dirty as before
            raise
        with self.stored():
            otherwise = {f"{it['collection']}/{it['id']}": it for it in answer["records"]}
            rejected = {f"{it['collection']}/{it['id']}": it for it in answer["rejected"]}
            for place, edits in outbox["sent"].items():
                record = self.find(*place.split("/"))
                if record and place in rejected:
                    if record.state == "deleted" and not record.on_server:
                        self.forget(record)
                    elif record.state == "deleted" and self.without(record, rejected[place]["faults"]):
                        self.keep(record)  # and sent again
                    elif record.edits == edits:  # one that was edited meanwhile is sent again
                        self.refuse(record, rejected[place]["faults"])
                elif record:
                    self.settle(record, edits, otherwise.get(place, {}))
            if answer["safety_notice"]:
                self.put("safety_notice", answer["safety_notice"])  # show it at once
            self.db.execute("DELETE FROM outbox")

    def since(self, record, edits):
        """What was typed while the push was under way stays to be sent."""
        return {name: edit for name, edit in record.changed.items() if edit > edits}

    def settle(self, record, edits, told):
        """The record was sent after so many edits, and stands as it was sent or as it is told."""
        if told.get("conflicts"):
            self.say(record, "conflict", told["conflicts"])
        row, is_gone = told.get("record"), "record" in told and told["record"] is None
        record.changed = self.since(record, edits)
        record.on_server, record.undelete = True, False
        record.told_at = record.row["updated_at"]
        if record.edits > edits:
            record.state = "deleted" if record.state == "deleted" else "updated"
        elif is_gone or record.state == "deleted" and not row:
            return self.forget(record)
        else:
            record.state, record.seen = "clean", None
        if row:
            self.take(record, row)
        self.keep(record)

    def refuse(self, record, faults):
        """It stays as it is, and is not sent again until the patient has edited it."""
        record.refused = faults
        self.keep(record)
        self.say(record, "refused", faults)

    # After 410.

    def begin_again(self, reason):
        with self.stored():
            self.db.execute("DELETE FROM outbox")
            for record in self.records("true"):
                record.on_server = False  # until it comes again
                self.keep(record)
            self.put("cursor", 0)
            self.put("resync", reason)

    def end_again(self):
        reason = self.get("resync")
        for record in self.records("true") if reason else ():
            if record.on_server:
                continue
            if record.state == "deleted" or record.state == "clean" and reason == "tombstones_purged":
                self.forget(record)
            elif record.state == "updated" or record.state == "clean" and reason == "epoch_changed":
                record.state, record.seen = "created", record.seen or self.get("cursor")
                record.changed = dict.fromkeys(record.row.keys() - BOOKKEEPING, record.edits)
                self.keep(record)
        self.put("resync", None)

    # Whose store it is.

    def sign_in(self, email, password):
        """A store belongs to one account; an installation stays the same device over sign-ins."""
        if self.get("installation") is None:
            self.put("installation", str(uuid.uuid4()))
        device = {"name": "sync_client.py", "installation_id": self.get("installation")}
        asked = json.dumps({"email": email, "password": password, "device": device})
        tokens = self.ask("POST", "/v1/auth/login", {}, asked)["tokens"]
        me = self.ask("GET", "/v1/me", {"Authorization": "Bearer " + tokens["access_token"]})
        if self.get("account") not in (None, me["id"]):
            raise OtherAccount(f"this store is of another account, which has {self.unsent()} records to send")
        with self.stored():
            self.put("account", me["id"])
            self.put("tokens", tokens)

    def sign_out(self):
        """What is not sent stays for the next sign-in of the same account."""
        self.call("POST", "/v1/auth/logout")
        self.put("tokens", None)

    def unsent(self):
        return len(list(self.records("state <> 'clean'")))

    def wipe(self):
        """Empties the store for another account. Ask first where `unsent` counts any."""
        with self.stored():
            for table in ("record", "outbox", "notice", "meta"):
                self.db.execute(f"DELETE FROM {table}")

    # Requests.

    def call(self, method, path, query=None, body=None, key=None):
        """A request as the signed-in account; a token that has expired is refreshed once."""
        path += "?" + urlencode(query) if query else ""
        for is_fresh in (False, True):
            tokens = self.get("tokens") or {"access_token": ""}
            headers = {"Authorization": "Bearer " + tokens["access_token"]}
            try:
                return self.ask(method, path, headers | ({"Idempotency-Key": key} if key else {}), body)
            except Refused as refused:
                if is_fresh or refused.code != "token_expired":
                    raise
            asked = json.dumps({"refresh_token": tokens["refresh_token"]})
            self.put("tokens", self.ask("POST", "/v1/auth/refresh", {}, asked))

    def ask(self, method, path, headers, body=None):
        if body is not None:
            headers, body = headers | {"Content-Type": "application/json"}, body.encode()
        status, answer = self.send(method, self.base + path, headers, body)
        if status >= 400:
            raise Refused(status, answer or {})
        return answer


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--base", default="http://127.0.0.1:8080")
    parser.add_argument("--store", required=True)
    parser.add_argument("do", choices=["sign-in", "sign-out", "sync", "entry", "edit", "list"])
    parser.add_argument("what", nargs="?")
    parser.add_argument("values", nargs="?")
    asked = parser.parse_args()
    client = Client(asked.base, asked.store)
    if asked.do == "sign-in":
        client.sign_in(asked.what, os.environ["PAIN_JOURNAL_PASSWORD"])
    elif asked.do == "sign-out":
        client.sign_out()
    elif asked.do == "sync":
        client.sync()
        print(f"{client.unsent()} to send")
    elif asked.do == "entry":
        now = {"effective_at": int(time.time() * 1000), "time_zone": "UTC"}
        print(client.create("journal_entries", now | json.loads(asked.what)))
    elif asked.do == "edit":
        client.edit("journal_entries", asked.what, json.loads(asked.values))
    else:
        for record in client.records("collection = ?", [asked.what]):
            print(record.state, json.dumps(record.row))


if __name__ == "__main__":
    try:
        main()
    except (OtherAccount, Refused, NoAnswer) as error:
        sys.exit(f"sync_client.py: {error}")
