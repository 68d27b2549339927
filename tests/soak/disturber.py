"""kill -9 and full disks, and now and then an ordinary restart."""
import time

from actors import Actor
from mounted import wait_until
from world import START_S

READY = "ready: "
SPREAD = 0.3          # of the time between two
FULL_S = (3, 6)
LEAVE = (0, 64 << 10, 1 << 20, 8 << 20)   # what a filled disk leaves: it is not always the same write that fails
QUIET = 0.2           # of all the time, at the end: so that the last daemon has some life of its own to be measured


class Disturber(Actor):
    """All in each period, at moments that nobody knows before; of some full disks the kill is in the middle."""

    def __init__(self, *arguments, period, has_room=False):
        super().__init__(*arguments)
        self.period, self.starts = period, []
        self.has_room = has_room  # always
        self.pause = 1e-6
        self.end = self.world.seconds * (1 - QUIET)

    def go(self):
        if self.world.now() + self.period > self.end + self.period / 2:
            return self.world.sleep(1)
        both = self.chance.random() < 0.25
        actions = [self.restart] + ([self.kill] if self.has_room else [self.kill_while_full] if both else [self.kill, self.fill])
        self.chance.shuffle(actions)
        for action in actions:
            wait = self.period / len(actions)
            begin = time.monotonic()
            self.world.sleep(wait * self.chance.uniform(1 - SPREAD, 1 + SPREAD) / 2)
            if not self.world.is_over():
                action()
            self.world.sleep(wait - (time.monotonic() - begin))
        return None

    def kill(self):
        with self.world.disturb("kill"):
            self.world.mount.die()
            self.world.epoch += 1
            begin = time.monotonic()
            self.world.start_daemon()
            self.starts.append(time.monotonic() - begin)
        self.counts["kill"] += 1
        self.say(f"killed; up again after {self.starts[-1]:.2f} s")

    def fill(self, then=lambda: None):
        with self.world.disturb("full"):
            leave = self.chance.choice(LEAVE)
            try:
                self.world.disk.fill(leave)
                self.say(f"the disk is full but for {leave >> 10} KiB")
                self.world.sleep(self.chance.uniform(*FULL_S))
                then()
            finally:
                self.world.disk.empty()
                self.ledger.full_no_more()
        self.counts["full"] += 1

    def kill_while_full(self):
        self.fill(self.kill_and_start_somehow)

    def kill_and_start_somehow(self):
        """It serves, or says what is missing."""
        with self.world.disturb("kill"):
            self.world.mount.die()
            self.ledger.killed_while_full()
            self.world.epoch += 1
            try:
                self.world.start_daemon()
                self.say("killed and started while the disk is full")
            except AssertionError as error:
                self.expect("o space left on" in str(error), error)
                self.world.mount.wait(30)
                self.world.disk.empty()
                self.world.start_daemon()
                self.say("killed; it does not start while the disk is full")
        self.counts["kill"] += 1

    def restart(self):
        """By a signal or by REST. For clients it is the same as a kill."""
        by_rest = self.chance.random() < 0.5
        with self.world.disturb("kill"):
            begin = time.monotonic()
            if by_rest:
                ready = self.world.log().count(READY)
                status, answer = self.world.rest("/tools/reset", "POST", b"")
                self.expect(status == 200, f"/tools/reset: {status} {answer}")
                self.expect(wait_until(lambda: self.world.log().count(READY) > ready, START_S), "no restart")
                self.world.wait_for_servers()
            else:
                self.world.mount.stop()
                self.world.start_daemon()
            self.world.epoch += 1
        self.counts["restart"] += 1
        self.say(f"restarted {'by REST' if by_rest else 'by a signal'} in {time.monotonic() - begin:.2f} s")

    def say(self, what):
        print(f"{self.world.now():7.1f} {what}", flush=True)
