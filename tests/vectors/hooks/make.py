#!/usr/bin/env python3
"""Makes the vectors of webhooks: genuine deliveries as each vendor documents them, and tampered ones.

    make.py            writes <vendor>/<name>.json
    make.py --check    fails if what is there differs from what would be written

Signatures are made with Python's own hmac, so that the node's code is held against somebody else's. People are invented,
domains are those of RFC 2606, telephone numbers 555-01xx. `absent` lists what must not be read out of a body: the
addresses of recruiters, coordinators, hiring teams and referrers.
"""

import base64
import hashlib
import hmac
import json
import pathlib
import sys

HERE = pathlib.Path(__file__).parent
NOW = 1_790_000_000  # seconds: a day in September 2026
KEY = "s3cret-of-the-webhook"
OLD_KEY = "previous-secret-of-the-webhook"
WHSEC = "whsec_" + base64.b64encode(b"0123456789abcdefghijklmn").decode()


def mac(key: str, *parts: bytes) -> bytes:
    return hmac.new(key.encode(), b"".join(parts), hashlib.sha256).digest()


def dump(value) -> str:
    return json.dumps(value, separators=(",", ":"))


def escaped(value) -> str:
    """As Rails writes JSON: <, > and & as \\u003c, \\u003e and \\u0026."""
    text = dump(value)
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


STAFF = ["recruiter@staff.example.org", "coordinator@staff.example.org", "+13035550199", "manager@staff.example.org"]


def staff():
    person = {"id": 900, "name": "Rita Recruiter", "first_name": "Rita", "email": STAFF[0], "employee_id": "E-1"}
    return {
        "recruiter": person,
        "coordinator": {**person, "email": STAFF[1]},
        "hiring_team": {"recruiters": [person], "coordinators": [{**person, "email": STAFF[1], "phone": STAFF[2]}]},
        "hiringTeam": [{"email": STAFF[3], "firstName": "Mona"}],
        "referrer": {**person, "email": STAFF[3]},
    }


# ---- bodies as the vendors document them ----

def greenhouse():
    candidate = {
        "id": 978315, "first_name": "Jane", "last_name": "Doe", "title": "R&D <lead>", "company": "Example Corp",
        "recruiter": staff()["recruiter"], "coordinator": staff()["coordinator"],
        "phone_numbers": [{"value": "+1 303 555 0107", "type": "mobile"}, {"value": "303-555-0108", "type": "home"}],
        "email_addresses": [{"value": "jane.doe@example.com", "type": "personal"}],
        "addresses": [{"value": "100 North Main Street, Apt 4, Springfield, IL 62701, USA", "type": "home"},
                      {"value": "Springfield", "type": "other"}],
        "website_addresses": [{"value": "https://jane-doe.example/about", "type": "personal"}],
        "social_media_addresses": [{"value": "https://www.linkedin.com/in/jane-doe-123"}, {"value": "@jane_doe"}],
        "attachments": [
            {"filename": "resume.pdf", "url": "https://example.s3.amazonaws.com/r.pdf?a=1&b=2", "type": "resume"},
            {"filename": "letter.pdf", "url": "https://example.s3.amazonaws.com/l.pdf", "type": "cover_letter"}],
        "tags": [], "custom_fields": {},
    }
    application = {"id": 71980812, "status": "active", "rejected_at": None, "credited_to": staff()["recruiter"],
                   "prospect": False, "source": {"id": 27, "name": "LinkedIn"}, "candidate": candidate,
                   "jobs": [{"id": 3485, "name": "Engineer", **staff()}]}
    return {"action": "new_candidate_application", "payload": {"application": application}}


LEVER_DATA = {"applicationId": "2a9e7e8c-3f0a-4a3a-9d41-0b8b2b6b2f11", "opportunityId": "5b0f1c1e-8a8c-4d0b-9a75-41a0e0c1e1f3",
              "contactId": "7f23e772-f2cb-4ebb-b33f-54b872999992", "candidateId": "5b0f1c1e-8a8c-4d0b-9a75-41a0e0c1e1f3"}


def lever(key=KEY, token="a7d66f63d2b239b0caf758f7c2", triggered=NOW * 1000, event="applicationCreated", data=None):
    signature = mac(key, token.encode(), str(triggered).encode()).hex()
    return {"event": event, "triggeredAt": triggered, "data": data or LEVER_DATA, "signature": signature, "token": token}


def ashby():
    candidate = {"id": "2e1f6b6a-8d8a-4b42-a7a3-3b2a1a7b8f10", "name": "Jane Doe",
                 "primaryEmailAddress": {"value": "jane.doe@example.com", "type": "Personal", "isPrimary": True},
                 "primaryPhoneNumber": {"value": "+13035550107", "type": "Personal", "isPrimary": True}}
    application = {"id": "f0d6b9c3-4d9a-4c0e-8f1d-1a6e5d0a2c33", "status": "Active", "candidate": candidate,
                   "submitterClientIp": "8.8.4.4", "hiringTeam": staff()["hiringTeam"],
                   "creditedToUser": {"email": STAFF[0], "firstName": "Rita"}}
    return {"webhookActionId": "0f6f2a3e-1b0a-4e3b-9a51-9f9a52a0b7d4", "action": "applicationSubmit",
            "data": {"application": application}}


def workable(fired="2026-09-21T14:13:20Z"):
    data = {"id": "108d1748", "name": "Jane Doe", "firstname": "Jane", "headline": "Engineer",
            "account": {"subdomain": "example", "name": "Example"}, "job": {"shortcode": "GROOV003", "title": "Engineer"},
            "email": "jane.doe@example.com", "phone": "+13035550107",
            "address": "100 North Main Street, Apt 4, Springfield, IL 62701, USA",
            "social_profiles": [{"type": "linkedin", "url": "https://www.linkedin.com/in/jane-doe-123"}],
            "resume_url": "https://workablehr.s3.amazonaws.com/r.pdf?X=1",
            "recruiter": {"email": STAFF[0]}, "hiring_team": staff()["hiring_team"]}
    return {"id": "a7c2f5b0", "event_type": "candidate_created", "fired_at": fired, "resource_type": "candidate",
            "data": data}


def merge():
    data = {"id": "521b18c2-4d01-4297-b451-19858d07c133", "remote_id": "21198", "first_name": "Jane", "last_name": "Doe",
            "email_addresses": [{"value": "jane.doe@example.com", "email_address_type": "PERSONAL"}],
            "phone_numbers": [{"value": "+13035550107", "phone_number_type": "MOBILE"}],
            "urls": [{"value": "https://www.linkedin.com/in/jane-doe-123", "url_type": "SOCIAL_MEDIA"}],
            "attachments": [{"file_name": "resume.pdf", "file_url": "https://api.merge.dev/files/1", "attachment_type": "RESUME"},
                            {"file_name": "offer.pdf", "file_url": "https://api.merge.dev/files/2", "attachment_type": "OFFER_LETTER"}],
            "remote_data": [{"path": "/candidates", "data": {"recruiter": {"email": STAFF[0]}}}]}
    return {"hook": {"id": "cb1fe0a7-c2a1-4bd6-8cf5-57e70c7f1d53", "event": "Candidate.changed", "target": "https://node.example/"},
            "linked_account": {"id": "a3602c03-aba7-4d9d-a349-dbc338504092", "integration": "Workday",
                               "end_user_email_address": STAFF[1]}, "data": data}


def standard():
    return {"type": "application.created", "timestamp": "2026-09-21T14:13:20Z", "data": {
        "reference": "candidate-123", "names": ["Jane Doe"],
        "identifiers": [{"kind": "email", "value": "jane.doe@example.com"}, {"kind": "wallet", "value": "0x52908400098527886E0F7030069857D2E4169EE7"}],
        "documents": [{"name": "resume.pdf", "url": "https://files.example.com/r.pdf"}]}}


# ---- how each signs ----

def sign_greenhouse(body, key=KEY):
    return {"signature": "sha256 " + mac(key, body).hex(), "greenhouse-event-id": "3310ffcc8a714b2fb9b5e45a2a34b9b3"}


def sign_ashby(body, key=KEY):
    return {"ashby-signature": "sha256=" + mac(key, body).hex()}


def sign_workable(body, key=KEY):
    return {"x-workable-signature": mac(key, body).hex()}


def sign_merge(body, key=KEY):
    return {"x-merge-webhook-signature": base64.urlsafe_b64encode(mac(key, body)).decode()}


def sign_standard(body, key=WHSEC, time=NOW, id="msg_2KWPBgLlAfxdpx2AI54pPJ85f4W"):
    secret = base64.b64decode(key.removeprefix("whsec_"))
    made = hmac.new(secret, f"{id}.{time}.".encode() + body, hashlib.sha256).digest()
    return {"webhook-id": id, "webhook-timestamp": str(time), "webhook-signature": "v1," + base64.b64encode(made).decode()}


SR_LINK = '<https://api.smartrecruiters.com/candidates/f7dab600-bb7f-44a8-a38a-d43a4876c565>; rel="self"'
SR_BODY = {"job_id": "2c9180a8", "candidate_id": "f7dab600-bb7f-44a8-a38a-d43a4876c565", "application_id": "a-77"}


def sign_smartrecruiters(body, key=KEY, time=NOW, link=SR_LINK, signed_link=None, name="application.created", version="v201910"):
    signed_link = link.replace("<", "").replace(">", "") if signed_link is None else signed_link
    parts = f".123.{name}.{version}.{signed_link}".encode()
    made = mac(key, str(time).encode(), b".", body, parts).hex()
    headers = {"smartrecruiters-timestamp": str(time), "smartrecruiters-signature": "v1=" + made, "event-id": "123",
               "event-name": name, "event-version": version, "link": link}
    return {name: value for name, value in headers.items() if value}


def sign_lever(body, key=KEY):
    return {}


JANE = [["email", "jane.doe@example.com"], ["phone", "+13035550107"]]
LINKEDIN = ["profile", "https://www.linkedin.com/in/jane-doe-123"]
HOME = ["address", "100 North Main Street, Apt 4, Springfield, IL 62701, USA"]

VENDORS = {
    "greenhouse": dict(
        body=escaped(greenhouse()), sign=sign_greenhouse, refused=401, accepted=200,
        expect=dict(candidate="978315", application="71980812", names=["Jane Doe"], identifiers=[
            ["email", "jane.doe@example.com"], ["phone", "+1 303 555 0107"], ["phone", "303-555-0108"], LINKEDIN,
            ["domain", "https://jane-doe.example/about"], HOME],
            documents=["https://example.s3.amazonaws.com/r.pdf?a=1&b=2"])),
    "lever": dict(
        body=dump(lever()), sign=sign_lever, refused=401, accepted=200,
        expect=dict(candidate=LEVER_DATA["opportunityId"], application=LEVER_DATA["applicationId"], names=[],
                    identifiers=[], documents=[])),
    "ashby": dict(
        body=dump(ashby()), sign=sign_ashby, refused=503, accepted=200,
        expect=dict(candidate="2e1f6b6a-8d8a-4b42-a7a3-3b2a1a7b8f10", application="f0d6b9c3-4d9a-4c0e-8f1d-1a6e5d0a2c33",
                    names=["Jane Doe"], identifiers=JANE + [["ip", "8.8.4.4"]], documents=[])),
    "workable": dict(
        body=dump(workable()), sign=sign_workable, refused=401, accepted=200,
        expect=dict(candidate="108d1748", application=None, names=["Jane Doe"], identifiers=JANE + [HOME, LINKEDIN],
                    documents=["https://workablehr.s3.amazonaws.com/r.pdf?X=1"])),
    "smartrecruiters": dict(
        body=dump(SR_BODY), sign=sign_smartrecruiters, refused=401, accepted=202,
        expect=dict(candidate=SR_BODY["candidate_id"], application="a-77", names=[], identifiers=[], documents=[])),
    "merge": dict(
        body=dump(merge()), sign=sign_merge, refused=401, accepted=200,
        expect=dict(candidate="21198", application=None, names=["Jane Doe"], identifiers=JANE + [LINKEDIN],
                    documents=["https://api.merge.dev/files/1"])),
    "standard": dict(
        body=dump(standard()), sign=sign_standard, refused=401, accepted=200, secret=WHSEC,
        expect=dict(candidate="candidate-123", application=None, names=["Jane Doe"],
                    identifiers=[["email", "jane.doe@example.com"], ["wallet", "0x52908400098527886E0F7030069857D2E4169EE7"]],
                    documents=["https://files.example.com/r.pdf"])),
}


def events(vendor):
    """Other events: name, body, headers, what it says, candidate."""
    sign = VENDORS[vendor]["sign"]
    made = {
        "greenhouse": [
            ("ping", {"action": "ping", "payload": {"web_hook_id": 6}}, "ping", None),
            ("anonymized", {"action": "candidate_anonymized", "payload": {"person_id": 978315, "anonymized_fields": ["full_name"]}}, "erase", "978315"),
            ("deleted", {"action": "delete_candidate", "payload": {"person_id": 978315}}, "erase", "978315"),
            ("updated", {"action": "update_candidate", "payload": {"candidate": greenhouse()["payload"]["application"]["candidate"]}}, "application", "978315"),
            ("offer", {"action": "offer_created", "payload": {"id": 1}}, "ignored", None)],
        "lever": [
            ("deleted", lever(event="candidateDeleted", token="b1"), "erase", LEVER_DATA["opportunityId"]),
            ("hired", lever(event="candidateHired", token="b2"), "ignored", None)],
        "ashby": [
            ("ping", {"action": "ping", "webhookActionId": "1"}, "ping", None),
            ("deleted", {"action": "candidateDelete", "data": {"candidate": {"id": "2e1f6b6a"}}}, "erase", "2e1f6b6a"),
            ("hired", {"action": "candidateHire", "data": {}}, "ignored", None)],
        "workable": [
            ("deleted", {"id": "e2", "event_type": "candidate_deleted", "data": {"id": "108d1748"}}, "erase", "108d1748"),
            ("moved", {"id": "e3", "event_type": "candidate_moved", "data": {"id": "108d1748"}}, "ignored", None)],
        "smartrecruiters": [],
        "merge": [
            ("removed", {"hook": {"event": "Candidate.removed"}, "data": {"remote_id": "21198"}}, "erase", "21198"),
            ("job", {"hook": {"event": "Job.changed"}, "data": {}}, "ignored", None)],
        "standard": [
            ("ping", {"type": "ping", "data": {}}, "ping", None),
            ("erased", {"type": "candidate.erased", "data": {"reference": "candidate-123"}}, "erase", "candidate-123")],
    }[vendor]
    for name, value, says, candidate in made:
        body = dump(value)
        yield name, body, sign(body.encode()), says, candidate
    if vendor == "smartrecruiters":
        for name, event, says in [("deleted", "candidate.deleted", "erase"), ("job", "job.created", "ignored")]:
            body = dump({"candidate_id": "c-1"})
            yield name, body, sign(body.encode(), name=event), says, "c-1" if says == "erase" else None


def vectors(vendor):
    rules = VENDORS[vendor]
    body, sign, secret = rules["body"], rules["sign"], rules.get("secret", KEY)
    headers = sign(body.encode())
    signature = next((name for name in headers if name.endswith("signature")), None)

    def vector(name, **changes):
        yield name, {"vendor": vendor, "secrets": [secret], "now": NOW, "headers": headers, "body": body, **changes}

    def refused(name, why, status=rules["refused"], **changes):
        yield from vector(name, refused=why, status=status, **changes)

    good = dict(event="application", status=rules["accepted"], absent=STAFF, **rules["expect"])
    yield from vector("genuine", **good)
    old = "whsec_" + base64.b64encode(OLD_KEY.encode()).decode() if vendor == "standard" else OLD_KEY
    yield from vector("genuine-while-the-secret-is-changed", secrets=[old, secret], **good)
    for name, text, signed, says, candidate in events(vendor):
        extra = {"candidate": candidate} if candidate else {}
        yield from vector(f"event-{name}", body=text, headers=signed, event=says, status=rules["accepted"], **extra)
    yield from refused("tampered-other-secret", "forged", secrets=[old])
    others = {name: value for other in VENDORS if other != vendor for name, value in VENDORS[other]["sign"](body.encode()).items()
              if name.endswith("signature")}
    if vendor == "lever":
        yield from lever_vectors(vector, refused, good)
        return
    yield from refused("tampered-no-signature", "unsigned", headers={n: v for n, v in headers.items() if n != signature})
    yield from refused("tampered-signed-as-other-vendors-do", "unsigned", headers=others)
    yield from refused("tampered-signature-cut", "forged", headers={**headers, signature: headers[signature][:-2]})
    yield from refused("tampered-signature-empty", "unsigned" if vendor == "standard" else "forged", headers={**headers, signature: ""})
    yield from refused("tampered-signature-of-nothing", "forged", headers={**headers, signature: sign(b"")[signature]})
    value = headers[signature]
    at = len(value) // 2 + 4
    flipped = value[:at] + ("0" if value[at] != "0" else "1") + value[at + 1:]
    yield from refused("tampered-signature-one-digit", "forged", headers={**headers, signature: flipped})
    changes = {
        "first-byte": " " + body[1:], "last-byte": body[:-1] + " ", "a-digit": body.replace("1", "2", 1),
        "a-letter": body.replace("a", "b", 1), "a-quote": body.replace('"', "'", 1), "a-blank-more": body + " ",
        "a-line-end-more": body + "\n", "truncated": body[:-20], "half": body[: len(body) // 2], "empty": "",
        "a-zero-byte": body + "\0", "another-object-behind": body + "{}", "a-byte-order-mark": "\ufeff" + body,
        "an-address": body.replace("example.com", "example.net", 1) if "example.com" in body else body.replace("c", "d", 1),
        "written-anew": json.dumps(json.loads(body)), "keys-in-another-order": json.dumps(json.loads(body), sort_keys=True),
    }
    if "\\u003c" in body:
        changes["escapes-undone"] = body.replace("\\u003c", "<").replace("\\u003e", ">").replace("\\u0026", "&")
    for name, text in changes.items():
        assert text != body, name
        yield from refused(f"tampered-body-{name}", "forged", body=text)
    yield from vector("replayed", replay_of="genuine", **good)
    if vendor in ("greenhouse", "ashby", "workable"):
        prefix = value[: -64]
        yield from vector("genuine-in-capitals", headers={**headers, signature: prefix + value[-64:].upper()}, **good)
    if vendor == "greenhouse":
        yield from vector("replayed-under-another-event-id", headers={**headers, "greenhouse-event-id": "another"}, replay_of="genuine", **good)
        yield from refused("tampered-other-digest", "forged", headers={**headers, signature: "sha1 " + value[7:]})
    if vendor == "workable":
        yield from refused("tampered-stale", "stale", now=NOW + 2 * 86_400)
    if vendor == "standard":
        yield from refused("tampered-stale", "stale", now=NOW + 301)
        yield from refused("tampered-from-the-future", "stale", now=NOW - 301)
        yield from refused("tampered-time", "forged", headers={**headers, "webhook-timestamp": str(NOW + 1)})
        yield from refused("tampered-id", "forged", headers={**headers, "webhook-id": "msg_other"})
        yield from refused("tampered-no-id", "unsigned", headers={n: v for n, v in headers.items() if n != "webhook-id"})
        yield from refused("tampered-other-scheme", "forged", headers={**headers, signature: value.replace("v1,", "v2,")})
        yield from refused("tampered-time-is-none", "stale", headers=sign(body.encode(), time="soon"))
        yield from vector("genuine-at-the-limit", now=NOW + 300, **good)
        yield from vector("genuine-of-several-signatures", headers={**headers, signature: "v1a,AAAA v1," + base64.b64encode(bytes(32)).decode() + " " + value}, **good)
    if vendor == "smartrecruiters":
        yield from refused("tampered-stale", "stale", now=NOW + 26 * 3600)
        yield from refused("tampered-time", "forged", headers={**headers, "smartrecruiters-timestamp": str(NOW + 1)})
        for header, other in [("event-id", "124"), ("event-name", "candidate.deleted"), ("event-version", "v2"), ("link", SR_LINK.replace("f7d", "f7e"))]:
            yield from refused(f"tampered-{header}", "forged", headers={**headers, header: other})
        zeros = "v1=" + "0" * 64
        yield from vector("genuine-of-several-signatures", headers={**headers, signature: f"v2=abc;{zeros};{value}"}, **good)
        yield from vector("genuine-link-as-it-stands", headers=sign(body.encode(), signed_link=SR_LINK), **good)
        bare = SR_LINK.split(">")[0].strip("<")
        yield from vector("genuine-link-without-its-relation", headers=sign(body.encode(), signed_link=bare), **good)
        yield from vector("genuine-without-a-link", headers=sign(body.encode(), link=""), **good)
        yield from vector("genuine-redelivered-the-next-day", now=NOW + 24 * 3600, **good)


def lever_vectors(vector, refused, good):
    """The signature stands in the body and covers token and triggeredAt only."""
    genuine = lever()

    def changed(**fields):
        return dump({name: value for name, value in {**genuine, **fields}.items() if value is not None})

    yield from vector("replayed", replay_of="genuine", **good)
    other = {**LEVER_DATA, "opportunityId": "0c0c0c0c", "candidateId": "0c0c0c0c"}
    # Nothing but the token says that this is not genuine: so it is good for one delivery.
    yield from vector("replayed-with-other-ids", body=changed(data=other), replay_of="genuine",
                      event="application", status=200, candidate="0c0c0c0c", identifiers=[])
    planted = {**LEVER_DATA, "email": "victim@example.net", "emails": ["victim@example.net"]}
    yield from vector("genuine-with-what-is-not-signed", body=changed(data=planted),
                      **{**good, "absent": STAFF + ["victim@example.net"]})
    yield from vector("event-a-test-of-the-connection", body=changed(event=None, data={}), event="ping", status=200)
    yield from refused("tampered-token", "forged", body=changed(token="a7d66f63d2b239b0caf758f7c3"))
    yield from refused("tampered-time", "forged", body=changed(triggeredAt=NOW * 1000 + 1))
    yield from refused("tampered-time-is-text", "forged", body=changed(triggeredAt=str(NOW * 1000)))
    yield from refused("tampered-signature-one-digit", "forged", body=changed(signature="0" + genuine["signature"][1:] if genuine["signature"][0] != "0" else "1" + genuine["signature"][1:]))
    yield from refused("tampered-signature-cut", "forged", body=changed(signature=genuine["signature"][:-2]))
    yield from refused("tampered-no-signature", "unsigned", body=changed(signature=None))
    yield from refused("tampered-no-token", "unsigned", body=changed(token=None))
    yield from refused("tampered-two-signatures", "forged", body=dump(genuine)[:-1] + ',"signature":"00"}')
    yield from refused("tampered-stale", "stale", now=NOW + 26 * 3600)
    yield from refused("tampered-from-the-future", "stale", now=NOW - 301)
    body = dump(genuine)
    for name, text in {"truncated": body[:-20], "half": body[: len(body) // 2], "empty": "", "another-object-behind": body + "{}",
                       "first-byte": " " + body[1:], "a-zero-byte": body + "\0"}.items():
        yield from refused(f"tampered-body-{name}", "forged", body=text)


def main():
    check = "--check" in sys.argv[1:]
    wrong, made = [], set()
    for vendor in VENDORS:
        folder = HERE / vendor
        folder.mkdir(exist_ok=True)
        for name, vector in vectors(vendor):
            path = folder / f"{name}.json"
            assert path not in made, path
            made.add(path)
            text = json.dumps(vector, indent=1, sort_keys=True) + "\n"
            if not check:
                path.write_text(text)
            elif not path.exists() or path.read_text() != text:
                wrong.append(path)
    wrong += [path for path in HERE.glob("*/*.json") if path not in made]
    if wrong and check:
        sys.exit("not what would be made: " + ", ".join(str(path.relative_to(HERE)) for path in wrong))
    for path in wrong:
        path.unlink()
    print(f"{len(made)} vectors")


main()
