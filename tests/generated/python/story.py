"""What is played: the quickstart of the README, then one call of every operation.

A client is any callable `client(operation, status=200, *, token=None, body=None, **parameters)`.
It calls the generated function of the operation, expects the status, and gives an `Answer`.
"""

import json
import re
import time
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

PATIENT = {"email": "ana@demo.example", "password": "demo-seven-herons"}
PRACTITIONER = {"email": "lind@demo.example", "password": "demo-silver-needle"}
SUMMER = {"from": date(2025, 6, 1), "to": date(2025, 8, 31)}
# How long a mail or a long report may take.
PATIENCE = 60

# The collections: key of the body, name of one, name of many, what is changed.
COLLECTIONS = [
    ("journal_entries", "JournalEntry", "JournalEntries", {"pain_worst": 9}),
    ("sleep_records", "SleepRecord", "SleepRecords", {"quality": 0}),
    ("treatment_sessions", "TreatmentSession", "TreatmentSessions", {"techniques": ["cupping"]}),
    ("medication_intakes", "MedicationIntake", "MedicationIntakes", {"dose": 0.25}),
    ("flares", "Flare", "Flares", {"severity": 9}),
    ("goals", "Goal", "Goals", {"importance": 9}),
    ("questions", "Question", "Questions", {"text": "May I carry crates?"}),
    ("assessments", "Assessment", "Assessments", {"occasion": "review"}),
    ("reminders", "Reminder", "Reminders", {"local_time": "07:00"}),
    ("pain_episodes", "PainEpisode", "PainEpisodes", {"conditions": ["facet_joint"]}),
    ("treatment_plans", "TreatmentPlan", "TreatmentPlans", {"planned_sessions": 9}),
    ("adverse_events", "AdverseEvent", "AdverseEvents", {"severity": "moderate"}),
    ("practitioner_notes", "PractitionerNote", "PractitionerNotes", {"text": "Slept well."}),
]


@dataclass
class Answer:
    """What the generated function gave: the object it made of the answer, and the headers."""

    data: Any
    headers: Any
    text: str = ""

    @property
    def tag(self):
        return self.headers["ETag"]


def now():
    return datetime.now(timezone.utc)


class Play:
    """One client, two people."""

    def __init__(self, client, outbox, bodies):
        self.client = client
        self.outbox = Path(outbox)
        self.bodies = bodies

    def sign_in(self, who, name="generated client"):
        body = {**who, "device": {"name": name}}
        tokens = self.client("login", body=body).data.tokens
        return tokens

    def everything(self):
        self.quickstart()
        self.reference()
        self.account()
        self.records()
        self.practitioner()
        self.own_report()
        self.sync()

    # --- The quickstart ----------------------------------------------------------------------

    def quickstart(self):
        client = self.client
        assert client("getReadiness").data.status == "ok"
        self.ana = ana = self.sign_in(PATIENT).access_token
        self.lind = lind = self.sign_in(PRACTITIONER).access_token
        assert client("getMe", token=ana).data.display_name == "Ana"

        entry = {"kind": "daily", "effective_at": now().isoformat(), "time_zone": "Europe/Berlin",
                 "pain_average": 4, "pain_worst": 6, "note": "Better after a walk."}
        at = {"token": ana, "id": uuid4()}
        put = lambda status, body, **header: client(  # noqa: E731
            "putJournalEntry", status, body={**entry, **body}, **at, **header)
        created = put(201, {}, If_None_Match="*")
        assert UUID(str(created.data.id)) == at["id"]
        repeated = put(200, {}, If_None_Match="*")
        assert repeated.data.version == created.data.version
        held = client("getJournalEntry", **at).tag
        client("getJournalEntry", 304, If_None_Match=held, **at)
        changed = put(200, {"pain_worst": 7}, If_Match=held)
        assert changed.data.pain_worst == 7
        refused = put(412, {"pain_worst": 8}, If_Match=held)
        assert refused.tag == changed.tag and json.loads(refused.text)["code"] == "precondition_failed"

        yesterday = now().date() - timedelta(days=1)
        first = client("listJournalEntries", token=ana, to=yesterday, limit=2).data
        assert first.has_more and first.next_cursor
        second = client("listJournalEntries", token=ana, to=yesterday, limit=2,
                        cursor=first.next_cursor).data
        days = [entry.journal_date for entry in [*first.data, *second.data]]
        assert len(days) == 4 and days == sorted(days, reverse=True), days
        # Half a year that ends with the newest entry.
        window = {"from": days[0] - timedelta(days=183), "to": days[0]}

        share = self.share(["pain", "sleep", "treatment"], label="Quickstart")
        report = client("getSharedReport", token=lind, share_id=share, **window).data
        assert {name: str(day) for name, day in report.window.to_dict().items()} == texts(window)
        picture = client("getSharedReportChart", token=lind, share_id=share, **window)
        assert "<title" in picture.text
        client("freezeReport", {200, 201}, token=ana, body=texts(window))
        client("endShare", 204, token=ana, id=share)
        client("getSharedReport", 404, token=lind, share_id=share, **window)
        log = client("listAccessLog", token=ana, limit=3).data.data
        proof = client("getAccessLogProof", token=ana, id=log[0].request_id).data.lines
        assert len(proof) == 1 and proof[0].seal is None
        assert [(one.action, one.outcome) for one in log] == [
            ("report", "refused"), ("report_chart", "granted"), ("report", "granted")]

    def share(self, sections, **terms):
        """Invites, redeems and confirms; answers the share."""
        client, ana, lind = self.client, self.ana, self.lind
        client("reauthenticate", 204, token=ana, body={"password": PATIENT["password"]})
        expires = (now() + timedelta(days=30)).isoformat()
        body = {"sections": sections, "expires_at": expires, **terms}
        invitation = client("createShare", 201, token=ana, body=body).data
        share = client("redeemShare", token=lind, body={"code": invitation.code}).data.share_id
        confirmed = client("confirmShare", token=ana, id=share).data
        assert confirmed.state == "active" and confirmed.practitioner.email == PRACTITIONER["email"]
        return share

    # --- The rest ----------------------------------------------------------------------------

    def reference(self):
        client = self.client
        for name in ["getHealth", "getJwks", "getBodyMap", "getBodyMapFront", "getBodyMapBack",
                     "getRedFlags", "listVocabularies"]:
            client(name)
        known = client("listInstruments")
        client("listInstruments", 304, If_None_Match=known.tag)
        for instrument in known.data.items:
            client("getInstrument", code=instrument.code)

    def mailed(self, address, secret=r"\b([0-9]{6})\b"):
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            for mail in sorted(self.outbox.glob("*.eml"), reverse=True):
                head, _, text = mail.read_text().replace("\r\n", "\n").partition("\n\n")
                if address in head and (code := re.search(secret, text)):
                    return code[1]
            time.sleep(0.1)
        raise AssertionError(f"no mail for {address}")

    def account(self):
        client = self.client
        who = {"email": f"{uuid4()}@example.org", "password": "four-white-mountains"}
        terms = {"role": "patient", "locale": "en", "time_zone": "Europe/Berlin",
                 "terms_version": "1"}
        asked = client("register", 202, body={**who, **terms}).data
        proof = {"verification_id": str(asked.verification_id), "code": self.mailed(who["email"]),
                 "device": {"name": "phone"}}
        first = client("verifyEmail", body=proof).data.tokens
        phone = client("refreshTokens", body={"refresh_token": first.refresh_token}).data
        assert phone.device_id == first.device_id
        phone = phone.access_token
        tablet = self.sign_in(who, "tablet")
        assert len(client("listDevices", token=phone).data.data) == 2
        held = client("getMe", token=phone)
        held.data.display_name = "Bea"
        named = client("putMe", token=phone, If_Match=held.tag, body=held.data)
        assert named.data.display_name == "Bea"
        client("listSecurityEvents", token=phone, limit=5)
        assert client("listSecurityEvents", token=phone).data.data == []
        client("revokeDevice", 204, token=phone, id=tablet.device_id)
        client("getMe", 401, token=tablet.access_token)
        new = {"email": who["email"], "password": "five-blue-kettles"}
        client("changePassword", 204, token=phone, body={
            "current_password": who["password"], "new_password": new["password"]})
        self.sign_in(new, "tablet")
        client("logout", 204, token=phone)
        client("getMe", 401, token=phone)
        client("forgotPassword", 202, body={"email": who["email"]})
        token = self.mailed(who["email"], r"/reset-password#token=(\S+)")
        client("resetPassword", 204, body={"token": token, "new_password": who["password"]})
        self.sign_in(who, "phone")

    def life(self, kind, body, change, **at):
        """Creates, lists and reads a record, changes one member of what was read and sends it back
        whole; answers what a DELETE takes."""
        client, (one, many) = self.client, kind
        id = uuid4()
        created = client(f"put{one}", 201, body=body, id=id, If_None_Match="*", **at)
        days = {"from": date(2025, 5, 1), "to": date(2025, 7, 31)}
        listed = client(f"list{many}", limit=200, **days, **at).data.data
        assert id in [UUID(str(record.id)) for record in listed]
        read = client(f"get{one}", id=id, **at)
        assert read.tag == created.tag
        client(f"get{one}", 304, id=id, If_None_Match=read.tag, **at)
        record = read.data
        for name, value in change.items():
            setattr(record, name, value)
        # As a compressing proxy hands the tag on.
        tag = f"W/{read.tag}"
        changed = client(f"put{one}", body=record, id=id, If_Match=tag, **at)
        assert changed.tag != read.tag
        assert all(getattr(changed.data, name) == value for name, value in change.items())
        return {"id": id, "If_Match": changed.tag, **at}

    def records(self):
        client, ana = self.client, self.ana
        for key, one, many, change in COLLECTIONS:
            if key == "practitioner_notes":
                continue
            at = self.life((one, many), self.bodies[key], change, token=ana)
            if key == "treatment_plans":
                client("getTreatmentPlanProgress", token=ana, id=at["id"])
            client(f"delete{one}", 204, **at)
            client(f"get{one}", 404, token=ana, id=at["id"])
        client("listReminderTimes", token=ana, after=now(), time_zone="Europe/Berlin", limit=3)

    def practitioner(self):
        client, ana, lind = self.client, self.ana, self.lind
        terms = {"number": "12-345", "jurisdiction": "Bern"}
        assert client("putLicence", token=lind, body=terms).data.number == terms["number"]
        licence = client("getLicence", token=lind).data
        licence.jurisdiction = "Zug"
        moved = client("putLicence", token=lind, body=licence).data
        assert (moved.number, moved.jurisdiction) == (terms["number"], "Zug")

        sections = ["pain", "sleep", "mobility", "medication", "treatment", "assessments", "goals",
                    "notes"]
        share = self.share(sections, label="Everything", may_record=True)
        held = client("getShare", token=ana, id=share)
        client("getShare", 304, token=ana, id=share, If_None_Match=held.tag)
        held.data.label = "All of it"
        changed = client("changeShare", token=ana, id=share, If_Match=held.tag, body=held.data)
        assert changed.data.label == "All of it"
        named = client("putShareReference", token=lind, id=share, body={"reference": "A-1041"})
        assert named.data.reference == "A-1041"
        for name in ["listShares", "listPatients"]:
            assert share in [one.id for one in client(name, token=lind).data.data]

        for key, one, many, change in COLLECTIONS:
            if key == "reminders":
                continue
            at = {"token": lind, "share_id": share}
            if key not in self.bodies["shared"]:
                client(f"listShared{many}", limit=2, **at)
                continue
            kind = (f"Shared{one}", f"Shared{many}")
            made = self.life(kind, self.bodies["shared"][key], change, **at)
            if key == "treatment_plans":
                client("getSharedTreatmentPlanProgress", id=made["id"], **at)
            if key == "practitioner_notes":
                client("listPractitionerNotes", token=ana, limit=2)
                client("getPractitionerNote", token=ana, id=made["id"])
            client(f"deleteShared{one}", 204, **made)

        at = {"token": lind, "share_id": share}
        for what in ["", "Chart", "Page", "Document", "Days"]:
            client(f"getSharedReport{what}", **SUMMER, **at)
        frozen = client("freezeSharedReport", {200, 201}, body=texts(SUMMER), **at).data.id
        row = client("listSharedReportSnapshots", limit=1, **at).data.data[0]
        one = client("getSharedReportSnapshot", id=frozen, **at).data
        assert row.subject.reference == one.subject.reference == "A-1041"
        for what in ["", "Page", "Document", "Days"]:
            client(f"getSharedFrozenReport{what}", id=frozen, **at)
        listed = client("listHeldReports", token=ana, limit=1).data.data
        assert (listed[0].id, listed[0].share_id) == (frozen, share)
        for what in ["", "Page", "Document", "Days"]:
            client(f"getHeldFrozenReport{what}", token=ana, id=frozen)
        client("withdrawHeldReport", 204, token=ana, id=frozen)
        assert client("getHeldReport", token=ana, id=frozen).data.withdrawn_at
        client("getSharedReportSnapshot", 404, id=frozen, **at)
        client("getResponders", token=lind)
        client("endShare", 204, token=lind, id=share)

    def own_report(self):
        client, ana = self.client, self.ana
        held = client("getReport", token=ana, **SUMMER).tag
        client("getReport", 304, token=ana, If_None_Match=held, **SUMMER)
        for what in ["", "Chart", "Page", "Summary", "Document", "Days"]:
            client(f"getReport{what}", token=ana, **SUMMER)
        long = {"from": "2023-12-01", "to": "2025-12-31"}
        made = client("freezeReport", {200, 202}, token=ana, body=long)
        frozen = made.data.id
        if hasattr(made.data, "snapshot_id"):
            end = time.monotonic() + PATIENCE
            while not (job := client("getReportJob", token=ana, id=made.data.id).data).snapshot_id:
                assert not job.problem and time.monotonic() < end, job
                time.sleep(0.5)
            frozen = job.snapshot_id
        client("listReportSnapshots", token=ana, limit=1)
        client("getReportSnapshot", token=ana, id=frozen)
        for what in ["", "Page", "Summary", "Document", "Days"]:
            client(f"getFrozenReport{what}", token=ana, id=frozen)

    def sync(self):
        client, ana = self.client, self.ana
        tablet = self.sign_in(PATIENT, "tablet").access_token
        start = client("pullChanges", token=ana, limit=5000).data.timestamp
        with client.stream("streamChanges", token=tablet) as lines:
            good, bad = str(uuid4()), str(uuid4())
            row = {"kind": "momentary", "effective_at": int(time.time() * 1000),
                   "time_zone": "Europe/Berlin", "pain_now": 4}
            # A code that the vocabulary does not have.
            rows = [{"id": good, **row}, {"id": bad, **row, "kind": "weekly"}]
            body = {"changes": {"journal_entries": {"created": rows}}}
            push = {"token": ana, "last_pulled_at": start, "Idempotency_Key": str(uuid4())}
            pushed = client("pushChanges", body=body, **push).data
            assert (pushed.accepted, [one.id for one in pushed.rejected]) == (1, [bad])
            assert client("pushChanges", body=body, **push).data.accepted == 1
            assert next(lines), "the stream says nothing"
        client("pullChanges", token=tablet, last_pulled_at=start)
        at = {"token": ana, "id": UUID(good)}
        told = client("getRecordHistory", collection="journal_entries", **at).data
        assert len(told.history) == 1
        rejected = client("listRejectedRecords", token=ana).data.rejected
        [refused] = [one for one in rejected if one.record_id == bad]
        client("dismissRejectedRecord", 204, token=ana, id=refused.id)
        held = client("getJournalEntry", **at).tag
        client("deleteJournalEntry", 204, If_Match=held, **at)


def texts(window):
    """A window as a body."""
    return {name: str(day) for name, day in window.items()}
