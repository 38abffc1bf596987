"""Phones that follow docs/sync.md to the letter, on a bad network: `examples/sync_client.py`, several of
them on two accounts, with lost answers, late copies, kills, sign-ins, and a phone that changes hands.

In the end every text that somebody typed, and did not replace himself, is in a record, its history, a
conflict that was told or the quarantine; no delete has taken what the deleting phone had not shown; and
all phones of an account hold the same as the server.

Usage: literal.py CLIENT BASE ACCOUNTS SEED STEPS    (CLIENT is the path of the client, ACCOUNTS is JSON)
"""

import importlib.util
import json
import random
import re
import sys
import tempfile
import uuid
from pathlib import Path

COLLECTION = "journal_entries"
TEXTS = ("note", "trigger_note")
MARK = re.compile(r"typed-\d+")


def load(path):
    spec = importlib.util.spec_from_file_location("sync_client", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class Killed(BaseException):
    """The phone's system has ended the app."""


class Network:
    """Loses requests and answers, and delivers some copies late."""

    def __init__(self, rng, send):
        self.rng, self.real, self.loss, self.late, self.story = rng, send, 0.12, [], []

    def send(self, method, url, headers, body):
        status, answer = self.real(method, url, headers, body)
        if method == "POST" and "/v1/sync" in url:
            self.story.append((headers["Idempotency-Key"][:8], json.loads(body)["changes"], status, answer))
        return status, answer

    def __call__(self, method, url, headers, body):
        if "/v1/auth/" in url or url.endswith("/v1/me"):
            return self.send(method, url, headers, body)
        if method == "POST" and self.rng.random() < self.loss:
            self.late.append((method, url, headers, body))
        if self.rng.random() < self.loss:
            raise client.NoAnswer("lost on the way")
        if self.rng.random() < self.loss / 3:
            raise Killed
        answer = self.send(method, url, headers, body)
        if self.rng.random() < self.loss / 3:
            raise Killed
        if self.rng.random() < self.loss:
            raise client.NoAnswer("the answer was lost")
        return answer

    def deliver_late(self):
        if self.late:
            self.send(*self.late.pop(self.rng.randrange(len(self.late))))


class Phone:
    """A phone in somebody's hands."""

    def __init__(self, world, number, owner):
        self.world, self.rng, self.number = world, world.rng, number
        self.path = str(world.folder / f"phone-{number}.db")
        self.owner = owner
        self.gone, self.shown = set(), {}
        self.open()
        self.client.sign_in(owner["email"], owner["password"])

    def open(self):
        self.client = client.Client(self.world.base, self.path, self.world.network)
        self.client.most = self.rng.choice([2, 7, 1000])
        self.client.db.execute("PRAGMA synchronous = OFF")  # kills end the app here, not the machine
        say = self.client.say

        def told(record, what, said):
            self.world.told[self.owner["id"]].append(json.dumps(said))
            say(record, what, said)

        self.client.say = told

    def records(self, where="true"):
        return list(self.client.records(f"collection = '{COLLECTION}' AND {where}"))

    def type(self, record=None):
        """Values as somebody types them. What he replaces himself on this phone is his to replace."""
        values = {}
        for name in self.rng.sample(TEXTS, self.rng.randint(1, 2)):
            if record and name in record.changed:
                self.world.typed[self.owner["id"]].discard(record.row.get(name))
            values[name] = self.world.text(self.owner)
        if self.rng.random() < 0.4:
            values["mood"] = self.rng.randint(0, 10)
        if self.rng.random() < 0.06:
            values["mood"] = 11  # refused
        return values

    def act(self, what, id, values=None):
        self.world.network.story.append((f"phone {self.number}", what, id, values))

    def create(self):
        values = {"kind": "daily", "effective_at": 1777662000000, "time_zone": "Europe/Berlin"}
        id, there = None, None
        if self.rng.random() < 0.5:
            day = f"2026-05-{self.rng.randint(1, 5):02}"
            id = str(uuid.uuid5(uuid.UUID(self.owner["id"]), f"{COLLECTION}:{day}"))
            there = self.client.find(COLLECTION, id)
            values["journal_date"] = day
            # An app that shows the entry edits it; one that has deleted it makes it anew.
            if there and there.state != "deleted":
                typed = self.type(there)
                self.act("edit", id, typed)
                return self.client.edit(COLLECTION, id, typed)
            if there:
                for name in there.changed:
                    self.world.typed[self.owner["id"]].discard(there.row.get(name))
        typed = self.type()
        id = self.client.create(COLLECTION, values | typed, id)
        self.act("create", id, typed)
        self.world.ids[self.owner["id"]].add(id)

    def edit(self):
        there = self.records("state <> 'deleted'")
        if there:
            record = self.rng.choice(there)
            typed = self.type(record)
            self.act("edit", record.id, typed)
            self.client.edit(COLLECTION, record.id, typed)

    def delete(self):
        there = self.records("state <> 'deleted'")
        if there:
            record = self.rng.choice(there)
            if not record.on_server:  # thrown away before the phone knew that anybody else has it
                self.world.typed[self.owner["id"]] -= {record.row.get(name) for name in TEXTS}
            self.world.deletes.append((self.owner["id"], record.id, set(self.shown.get(record.id, ()))))
            self.act("delete", record.id)
            self.client.delete(COLLECTION, record.id)

    def undelete(self):
        if self.gone:
            id = self.rng.choice(sorted(self.gone))
            values = {"note": self.world.text(self.owner)} if self.rng.random() < 0.5 else {}
            self.act("undelete", id, values)
            self.client.undelete(COLLECTION, id, values)

    def sync(self):
        try:
            self.client.sync()
        except client.NoAnswer:
            pass

    def sign_in_again(self):
        try:
            self.client.sign_out()
            self.edit()  # signed out, and typing
        finally:
            self.client.sign_in(self.owner["email"], self.owner["password"])

    def change_hands(self):
        other = self.rng.choice([a for a in self.world.accounts if a is not self.owner])
        try:
            self.client.sign_in(other["email"], other["password"])
            raise AssertionError("another account was let into the store")
        except client.OtherAccount:
            pass
        self.sync()
        if self.client.unsent() or self.client.unanswered()["key"]:
            return
        self.client.wipe()
        self.owner = other
        self.gone, self.shown = set(), {}
        self.client.sign_in(other["email"], other["password"])

    def step(self):
        deeds = [(30, self.sync), (24, self.edit), (14, self.create), (9, self.delete), (5, self.undelete),
                 (3, self.sign_in_again), (2, self.change_hands)]
        before = {record.id for record in self.records("true") if record.on_server}
        deed = self.rng.choices([deed for _, deed in deeds], [weight for weight, _ in deeds])[0]
        try:
            deed()
        except client.NoAnswer:
            pass
        except Killed:
            self.client.db.close()
            self.open()
            if not self.client.get("tokens"):
                self.client.sign_in(self.owner["email"], self.owner["password"])
        held = {record.id: record.row for record in self.records()}
        self.gone = {id for id in self.gone | before if id not in held and deed != self.change_hands}
        for id, row in held.items():
            self.shown.setdefault(id, set()).update(row.get(name) for name in TEXTS)


class World:
    """Two accounts, their phones, and what was typed."""

    def __init__(self, base, accounts, seed, folder):
        self.base, self.accounts, self.folder = base, accounts, folder
        self.rng = random.Random(seed)
        self.network = Network(self.rng, client.over_network)
        self.count = 0
        self.deletes = []
        for name in ("typed", "ids"):
            setattr(self, name, {account["id"]: set() for account in accounts})
        self.everything = {account["id"]: set() for account in accounts}
        self.told = {account["id"]: [] for account in accounts}
        owners = [accounts[0]] * 3 + [accounts[1]] * 2
        self.phones = [Phone(self, number, owner) for number, owner in enumerate(owners)]

    def text(self, owner):
        self.count += 1
        text = f"typed-{self.count}"
        self.typed[owner["id"]].add(text)
        self.everything[owner["id"]].add(text)
        return text

    def about(self, lost):
        """What the server was sent and answered of the records in which texts were lost."""
        story = self.network.story
        ids = {id for _, _, id, values in story if isinstance(id, str) and lost & set((values or {}).values())}
        lines = []
        for who, what, id, said in story:
            if id in ids:
                lines.append(f"{who} {what} {id} {said}")
            elif isinstance(what, dict):
                sent = [row for lists in what.values() for rows in lists.values() for row in rows if row["id"] in ids]
                told = [it for it in said.get("records", []) + said.get("rejected", []) if it["id"] in ids]
                for it in told:
                    if it.get("record"):
                        it["record"] = {name: it["record"][name] for name in TEXTS}
                if sent:
                    lines.append(f"{who} sends {sent}\n    {id} {told}")
        return "\n".join(lines)

    def settle(self):
        """A good network, until nobody has anything to send."""
        self.network.loss = 0
        while self.network.late:
            self.network.deliver_late()
        for _ in range(4):
            for phone in self.phones:
                phone.client.sync()
                for record in phone.records("refused <> 'null'"):
                    phone.client.edit(COLLECTION, record.id, {"mood": 5})  # mended
        for phone in self.phones:
            assert phone.client.unsent() == 0, [vars(r) for r in phone.records("state <> 'clean'")]

    def judge(self):
        for account in self.accounts:
            own = account["id"]
            judge = client.Client(self.base, str(self.folder / f"judge-{own}.db"))
            judge.sign_in(account["email"], account["password"])
            judge.sync()
            live = {record.id: record.row for record in judge.records("true")}
            for phone in self.phones:
                if phone.owner is account:
                    held = {record.id: record.row for record in phone.records()}
                    assert held == live, difference(held, live)
            lines = {id: history(judge, id) for id in self.ids[own]}
            found = [json.dumps(live), json.dumps(lines), json.dumps(quarantine(judge))] + self.told[own]
            reachable = set(MARK.findall(" ".join(found)))
            lost = self.typed[own] - reachable
            assert not lost, f"lost: {sorted(lost)}\n{self.about(lost)}"
            foreign = reachable - self.everything[own]
            assert not foreign, f"of another account: {sorted(foreign)}"
            for id in self.ids[own] - live.keys():
                for text in last_texts(lines[id]):
                    shown = any(text in texts for owner, it, texts in self.deletes if (owner, it) == (own, id))
                    assert shown, f"{text} of {id} was deleted unseen: {json.dumps(lines[id])}"


def difference(held, live):
    both = {id for id in held.keys() & live.keys() if held[id] != live[id]}
    odd = [(held.get(id), live.get(id)) for id in both | held.keys() ^ live.keys()]
    return f"a phone differs from the server: {odd[:3]}"


def history(judge, id):
    try:
        return judge.call("GET", f"/v1/sync/history/{COLLECTION}/{id}")["history"]
    except client.Refused as refused:
        assert refused.status == 404, refused
        return []


def last_texts(lines):
    """The texts that a record had when it was deleted for the last time."""
    last = {}
    for line in lines:
        if line["op"] == "recreate":
            last = {}
        if line["applied"]:
            for name in TEXTS:
                if name in line["changes"]:
                    last[name] = line["changes"][name]["to"]
    return [text for text in last.values() if text]


def quarantine(judge):
    rejected, query = [], {"limit": 100}
    while True:
        page = judge.call("GET", "/v1/sync/rejected", query)
        rejected += page["rejected"]
        if not page.get("has_more"):
            return rejected
        query["cursor"] = page["next_cursor"]


def main():
    global client
    path, base, accounts, seed, steps = sys.argv[1:]
    client = load(path)
    with tempfile.TemporaryDirectory() as folder:
        world = World(base, json.loads(accounts), int(seed), Path(folder))
        for _ in range(int(steps)):
            if world.rng.random() < 0.1:
                world.network.deliver_late()
            else:
                world.rng.choice(world.phones).step()
        world.settle()
        world.judge()
        typed = sum(len(texts) for texts in world.typed.values())
        conflicts = sum(told.count("overwritten") for texts in world.told.values() for told in texts)
        print(f"seed {seed}: {typed} texts typed and kept, {conflicts} values told as overwritten")


main()
