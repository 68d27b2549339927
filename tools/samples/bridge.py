#!/usr/bin/env python3
"""Forwards every instance that arrives to another DICOM node, and then removes it here.

It talks to the REST API of dcmfs, or of Orthanc: it follows /changes, sends each new instance with
/modalities/NAME/store, and deletes it when the node has it. An instance that cannot be sent is tried again until it
can; nothing is deleted before. With --state it goes on where it stopped.

    bridge.py --url http://localhost:8042 --modality pacs --state bridge.state
"""
import argparse
import base64
import json
import pathlib
import sys
import time
import urllib.error
import urllib.request

CHANGES_AT_ONCE = 100
WAIT_MAX_S = 60


class Server:
    def __init__(self, url, user=None, password="", timeout_s=60):
        self.url, self.timeout_s = url.rstrip("/"), timeout_s
        self.headers = {}
        if user:
            credentials = base64.b64encode(f"{user}:{password}".encode()).decode()
            self.headers["Authorization"] = f"Basic {credentials}"

    def ask(self, method, path, body=None):
        request = urllib.request.Request(self.url + path, data=body, headers=self.headers, method=method)
        with urllib.request.urlopen(request, timeout=self.timeout_s) as answer:
            return json.loads(answer.read() or b"null")


def forward(server, modality, instance):
    """False: it is not there any more."""
    try:
        sent = server.ask("POST", f"/modalities/{modality}/store", instance.encode())
        if sent["FailedInstancesCount"] != 0:
            raise OSError(f"{modality} did not take {instance}")
        server.ask("DELETE", f"/instances/{instance}")
    except urllib.error.HTTPError as error:
        if error.code != 404 or exists(server, instance):
            raise
        return False
    return True


def exists(server, instance):
    try:
        server.ask("GET", f"/instances/{instance}")
    except urllib.error.HTTPError as error:
        if error.code == 404:
            return False
        raise
    return True


def why(error):
    """What the server said, if it said something."""
    if isinstance(error, urllib.error.HTTPError):
        try:
            told = json.loads(error.read())
            return f"{told['Message']}: {told.get('Details', '')}"
        except (ValueError, KeyError, OSError):
            pass
    return str(error)


def follow(server, modality, position, keep, every_s):
    """For ever: forwards what comes behind this position, and keeps how far it is."""
    wait_s = every_s
    while True:
        try:
            changes = server.ask("GET", f"/changes?since={position}&limit={CHANGES_AT_ONCE}")
            for change in changes["Changes"]:
                if change["ChangeType"] == "NewInstance":
                    forward(server, modality, change["ID"])
                position = change["Seq"]
                keep(position)
            position = changes["Last"]
            keep(position)
            wait_s = every_s
            if not changes["Done"]:
                continue
        except (OSError, ValueError, KeyError) as error:  # OSError: all of urllib
            print(f"bridge: {why(error)}; again in {wait_s:g} s", file=sys.stderr, flush=True)
            time.sleep(wait_s)
            wait_s = min(2 * wait_s, WAIT_MAX_S)
            continue
        time.sleep(every_s)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--url", default="http://localhost:8042", help="of the REST server")
    parser.add_argument("--modality", default="pacs", help="the name of the node, as /modalities has it")
    parser.add_argument("--user", help="of the REST server")
    parser.add_argument("--password", default="")
    parser.add_argument("--state", type=pathlib.Path, help="a file that remembers how far it is")
    parser.add_argument("--every", type=float, default=1.0, metavar="S", help="how often it looks, in seconds")
    given = parser.parse_args()

    position = int(given.state.read_text()) if given.state and given.state.exists() else 0

    def keep(reached):
        nonlocal position
        if given.state and reached != position:
            new = given.state.with_suffix(".new")
            new.write_text(str(reached))
            new.replace(given.state)  # whole, whenever it is read
        position = reached

    try:
        follow(Server(given.url, given.user, given.password), given.modality, position, keep, given.every)
    except KeyboardInterrupt:
        pass


if __name__ == "__main__":
    main()
