"""Who sends and asks what cannot be: it is refused, nothing is harmed, and no log tells whose it was."""
import json
import os
import socket
import types

from actors import Actor
from dimse import read_file
from ledger import Is
from mounted import run
from query_peers import findscu
from readers import Mounted
from scans import MARK
from senders import OUT_OF_RESOURCES
from test_dicomweb import stow_body
from world import AET, NOBODY, WORKSTATION, Refused

PIXELS_AT_LEAST = 32 * 32 * 2   # bytes, of a thumbnail


class Stranger(Mounted):
    """Another nonsense each time; `study` is one that is there, and has to stay as it is."""

    def look(self, study):
        scan = self.chance.choice(study.scans)
        self.chance.choice(self.NONSENSE)(self, study, scan)

    def refused(self, path, *statuses, method="GET", body=None, **headers):
        status, answer = self.world.rest(path, method, body, **headers)
        self.expect(status in statuses, f"{method} {path}: {status} {answer[:300]}")

    def not_taken(self, name, content, *reasons):
        """By the mount."""
        source = self.folder / name
        source.write_bytes(content)
        done = run("cp", source, ".", check=False, cwd=self.world.mount.incoming())
        if "No space left" in done.stderr:
            raise Refused(done.stderr)
        if not any(reason in done.stderr for reason in ("Transport endpoint", "No such file", "Software caused", *reasons)):
            self.expect(False, f"cp of {name}: {done.returncode} {done.stderr}")

    def cut(self, study, scan):
        """The bytes of an instance that is new, and too short: it ends inside its pixels."""
        content = study.content(scan).replace(scan.uid.encode(), b"0" + scan.uid.encode()[1:])
        return content[:-self.chance.randrange(1, PIXELS_AT_LEAST)]

    def drop_no_image(self, study, scan):
        self.not_taken(f"{study.name}.dcm", f"{study.name} was here".encode() * 100, "Invalid argument")

    def drop_half_an_image(self, study, scan):
        self.not_taken(f"{study.name} half.dcm", self.cut(study, scan), "Invalid argument")

    def drop_another_image(self, study, scan):
        content = self.other(study, scan)
        self.not_taken(f"{study.name} other.dcm", content, "File exists")

    def other(self, study, scan):
        """Other bytes under the same UIDs."""
        content = study.content(scan)
        return content[:-1] + bytes([content[-1] ^ 0xFF])

    def post_half_an_image(self, study, scan):
        self.refused("/instances", 400, method="POST", body=self.cut(study, scan))

    def post_another_image(self, study, scan):
        """Which is told as Orthanc tells it."""
        status, answer = self.world.rest("/instances", "POST", self.other(study, scan))
        self.expect(status == 200 and json.loads(answer)["Status"] == "AlreadyStored", f"other bytes: {status} {answer}")

    def stow_half_an_image(self, study, scan):
        body, headers = stow_body([self.cut(study, scan)])
        self.refused("/dicom-web/studies", 409, method="POST", body=body, **headers)

    def store_under_another_uid(self, study, scan):
        path = self.folder / "odd.dcm"
        path.write_bytes(self.other(study, scan))
        file = read_file(path)
        file.sop_instance += ".1"
        with self.world.associate([file], MARK) as association:
            status = association.store(file)
        if status in OUT_OF_RESOURCES:
            raise Refused(status)
        self.expect(status != 0, "a C-STORE that contradicts itself was accepted")

    def break_off_a_store(self, study, scan):
        with socket.create_connection(("127.0.0.1", self.world.port), 10) as peer:
            peer.sendall(b"\x01\0\0\0\xff\xff" + study.name.encode() * self.chance.randrange(1, 200))

    def break_off_an_upload(self, study, scan):
        content = study.content(scan)
        with socket.create_connection(("127.0.0.1", self.world.http), 10) as peer:
            head = f"POST /instances HTTP/1.1\r\nHost: {study.name}\r\nContent-Length: {len(content)}\r\n\r\n"
            peer.sendall(head.encode() + content[:self.chance.randrange(len(content))])

    def ask_nonsense(self, study, scan):
        name = study.name.replace("^", "%5E")
        self.refused(f"/patients/{name}", 404)
        self.refused(f"/{name}/{name}", 404)
        self.refused(f"/dicom-web/studies?StudyDate={name}", 400)
        self.refused(f"/dicom-web/studies?No{name}={name}", 200)
        self.refused(f"/dicom-web/studies/{name}/metadata", 400, 404)
        self.refused("/tools/find", 400, method="POST", body=f'{{"Level": "{study.name}"'.encode())
        self.refused("/tools/find", 400, method="POST", body={"Level": study.name, "Query": {"PatientName": study.name}})
        self.refused(f"/studies/{study.id}/modify", 400, method="POST", body={"Replace": {"StudyDate": study.name}})
        self.refused(f"/studies/{study.id}/labels/{name}!", 400, method="PUT", body=b"")

    def find_nonsense(self, study, scan):
        node = types.SimpleNamespace(aet=AET, port=self.world.port)
        for key in (f"PatientBirthDate={study.name}", f"StudyTime={study.name}", f"StudyInstanceUID={study.name}"):
            findscu(node, "-S", "-aet", WORKSTATION, keys=["QueryRetrieveLevel=STUDY", key], check=False)
        findscu(node, "-S", "-aet", WORKSTATION, keys=[f"QueryRetrieveLevel={study.name}"], check=False)

    def look_for_nonsense(self, study, scan):
        mount = self.world.mount.path
        for path in (f"find/{study.name}=1", f"find/StudyDate={study.name}", f"instances/{study.name}", f"patients/{study.name}",
                     f"modalities/{study.name}/a", f"incoming/{study.name}/a"):
            self.expect(not os.path.exists(mount / path), path)
        os.listdir(mount / "find" / f"PatientName={study.name}*")
        for path in (f"patients/{study.name}", f"{study.name}", f"find/{study.name}"):
            done = run("mkdir", mount / path, check=False)
            self.expect(done.returncode != 0, f"mkdir {path}")

    def send_to_nobody(self, study, scan):
        self.world.call("cp", self.home(scan), f"{study.name} {self.chance.random()}", cwd=self.world.mount.path / "modalities" / NOBODY)

    NONSENSE = (drop_no_image, drop_half_an_image, drop_another_image, post_half_an_image, post_another_image,
                stow_half_an_image, store_under_another_uid, break_off_a_store, break_off_an_upload, ask_nonsense,
                find_nonsense, look_for_nonsense, send_to_nobody)


class Planner(Actor):
    """Puts items into worklists/, changes and removes them."""

    def go(self):
        name = f"{MARK}{self.chance.randint(1, 20)}.json"
        promises, before = self.ledger.worklist, self.ledger.worklist.get(name)
        folder = self.world.mount.path / "worklists"
        if isinstance(before, str) and self.chance.random() < 0.4:
            promises[name] = Is.either
            self.world.call("rm", name, cwd=folder)
            promises[name] = None
            return
        item = json.dumps({"PatientID": f"{MARK}{self.chance.random()}", "ScheduledProcedureStepSequence": [{"Modality": "CT"}]})
        source = self.folder / name
        source.write_text(item)
        promises[name] = Is.either
        self.world.call("cp", source, ".", cwd=folder)
        promises[name] = item
        self.expect((folder / name).read_text() == item, f"{name} is another item")
