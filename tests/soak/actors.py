"""What all actors are: somebody who does the same again and again until the time is over."""
import collections
import http.client
import random
import subprocess
import threading
import time

from dimse import Ended
from world import Refused, Wrong

# What a client sees of a daemon that was killed.
BROKEN = (OSError, http.client.HTTPException, Ended, subprocess.TimeoutExpired, AssertionError)


class Actor(threading.Thread):
    """`go` is done every `pause` seconds, in the mean. What it raises is a failure of the test, unless the daemon was killed
    meanwhile, or said that the disk is full while it was."""
    pause = 1.0

    def __init__(self, world, ledger, scans, name, **settings):
        super().__init__(name=name, daemon=True)
        self.world, self.ledger, self.scans = world, ledger, scans
        for setting, value in settings.items():
            assert hasattr(self, setting), setting
            setattr(self, setting, value)
        self.chance = random.Random(f"{world.seed} {name}")
        self.folder = world.folder / "actors" / name
        self.folder.mkdir(parents=True)
        self.counts = collections.Counter()
        self.now_at = ""  # for who finds it stuck

    def run(self):
        while not self.world.is_over():
            begin = time.monotonic()
            try:
                self.go()
                self.counts["done"] += 1
            except Wrong as wrong:
                self.world.fail(self.name, wrong)
            except Refused as refused:
                self.counts["refused"] += 1
                if "full" not in self.world.excuses(begin):
                    self.world.fail(self.name, refused)
            except BROKEN as error:
                self.counts["broken"] += 1
                if "kill" not in self.world.excuses(begin):
                    self.world.fail(self.name, error)
                self.world.wait_for_calm("kill")
            except Exception as error:  # pylint: disable=broad-except
                self.world.fail(self.name, error)
            self.world.sleep(self.chance.expovariate(1 / self.pause))

    def go(self):
        raise NotImplementedError

    def expect(self, holds, what):
        if not holds:
            raise Wrong(what)
