"""Every change that the daemon makes to its store fails once, in turn: the real program, through a real mount.

For each N: the Nth operation of what a program asks for fails, or the daemon dies at it. The program is told, or what it
asked for is done; nothing else is lost; the daemon goes on; a start after kill -9 finds a whole store."""
import errno
import json
import os
import subprocess
import unittest

from fault_io import DIE, EVERY, ONCE, ONWARDS, WRITE, Faults
from mounted import BIN, MountTest, run, wait_until
from stored import Instances, StoreFolder, check, digest

OPERATIONS_MAX = 400


class FaultTest(MountTest):
    configuration = {}

    def setUp(self):
        super().setUp()
        self.mount.stop()
        self.faults = Faults(self.folder, self.mount.store)
        self.addCleanup(self.faults.close)
        self.mount.environment = self.faults.environment
        (self.mount.store / "dcmfs.json").write_text(json.dumps(self.configuration))
        self.instances = Instances(self.folder / "like")
        self.there = StoreFolder(self.mount.store)
        self.next = 0
        self.expected = {}  # what must be stored, by number
        self.mount.start()

    def fresh(self):
        self.next += 1
        return self.next

    def store(self, number, version=0):
        path, = self.instances.write(self.source, [number], version)
        run("cp", path, self.mount.incoming(f"{number}.dcm"))
        self.expected[number] = self.instances.bytes(number, version)

    def attempt(self, *command):
        """Whether the program said that all went well."""
        return subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=30).returncode == 0

    def read(self, number):
        try:
            return (self.mount.path / "instances" / (self.instances.uid_of(number) + ".dcm")).read_bytes()
        except FileNotFoundError:
            return None

    def assert_expected(self):
        for number, content in self.expected.items():
            self.assertEqual(content, self.read(number), f"instance {number} is not what was acknowledged")

    def each(self, act, mode=ONCE, error=errno.EIO, kill=False, prepare=lambda n: n):
        """`act(prepare(n))` answers what to verify afterwards. Ends when it passes through fewer than N operations."""
        for n in range(1, OPERATIONS_MAX):
            prepared = prepare(n)
            self.faults.arm(n, mode, error)
            verify = act(prepared)
            seen, failed = self.faults.seen, self.faults.failed
            self.faults.disarm()
            with self.subTest(operation=n, failed=failed.replace(str(self.folder), "")):
                if mode == DIE and failed:
                    self.mount.wait(30)
                elif kill:
                    self.mount.die()
                if self.mount.process is None:
                    self.mount.start()
                verify()
            if not failed:
                self.assertGreater(n, 5, "there was next to nothing that could fail")
                return n
        self.fail(f"more than {OPERATIONS_MAX} operations: {seen}")

    def finish(self):
        self.assert_expected()
        self.mount.stop()
        check(self.mount.store)
        self.mount.start()
        self.assert_expected()


class Importing(FaultTest):
    def cp(self, _):
        number = self.fresh()
        path, = self.instances.write(self.source, [number])
        told = self.attempt("cp", path, self.mount.incoming(f"{number}.dcm"))
        content = self.instances.bytes(number)
        if told:
            self.expected[number] = content

        def verify():
            found = self.read(number)
            if told:
                self.assertEqual(content, found, "acknowledged, and not there")
            elif found is not None:
                self.assertEqual(content, found)
            # It goes on: the same file, and another one.
            self.store(number)
            self.store(self.fresh())

        return verify

    def test_an_operation_fails(self):
        self.each(self.cp)
        self.finish()

    def test_an_operation_fails_then_the_daemon_is_killed(self):
        self.each(self.cp, kill=True)
        self.finish()

    def test_the_disk_fills_up_at_an_operation(self):
        self.each(self.cp, ONWARDS, errno.ENOSPC)
        self.finish()

    def test_the_disk_goes_bad_at_an_operation_then_the_daemon_is_killed(self):
        self.each(self.cp, ONWARDS, errno.EIO, kill=True)
        self.finish()

    def test_the_daemon_dies_at_an_operation(self):
        self.each(self.cp, DIE)
        self.finish()


class Relaxed(Importing):
    options = ("-o", "durability=relaxed")
    test_an_operation_fails = None  # then it is killed: that is more
    test_the_disk_fills_up_at_an_operation = None


class Rejecting(FaultTest):
    """What is refused goes to rejected/; if that fails, its writer has been told, and keeps it."""

    def cp(self, n):
        path = self.source / f"note{n}"
        path.write_text(f"note {n}")
        self.assertFalse(self.attempt("cp", path, self.mount.incoming()))

        def verify():
            names = {p.name for p in (self.mount.store / "rejected").iterdir()}
            alone = [name for name in names if name.endswith(".reason.txt") and name[:-11] not in names]
            self.assertEqual([], alone, "a reason without its file")
            self.store(self.fresh())

        return verify

    def test_an_operation_fails(self):
        self.each(self.cp)
        self.finish()
        rejected = self.there.rejected()
        self.assertEqual(1, max(rejected.values()))

    def test_the_daemon_dies_at_an_operation(self):
        self.each(self.cp, DIE)
        self.finish()
        self.assertEqual([], self.there.spool()["complete"])


class Replacing(FaultTest):
    configuration = {"OverwriteInstances": "Always"}

    def setUp(self):
        super().setUp()
        self.version = 0
        self.store(1)

    def replace(self, _):
        before, self.version = self.expected.pop(1), (self.version + 1) % 256
        path, = self.instances.write(self.source, [1], self.version)
        after = self.instances.bytes(1, self.version)
        told = self.attempt("cp", path, self.mount.incoming("again.dcm"))

        def verify():
            self.assertIn(self.read(1), (after,) if told else (before, after))
            self.store(1, self.version)  # it goes on
            self.version = (self.version + 1) % 256
            self.store(1, self.version)

        return verify

    def finish(self):
        super().finish()
        self.assertEqual(1, len(self.mount.files()))

    def test_an_operation_fails(self):
        self.each(self.replace)
        self.finish()

    def test_an_operation_fails_then_the_daemon_is_killed(self):
        self.each(self.replace, kill=True)
        self.finish()

    def test_the_daemon_dies_at_an_operation(self):
        self.each(self.replace, DIE)
        self.finish()


class Removing(FaultTest):
    options = ("-o", "delete")

    def victim(self, _):
        number = self.fresh()
        self.store(number)
        del self.expected[number]
        return number

    def rm(self, number):
        content = self.instances.bytes(number)
        path = os.path.realpath(self.mount.path / "instances" / (self.instances.uid_of(number) + ".dcm"))
        told = self.attempt("rm", path)

        def verify():
            found = self.read(number)
            self.assertIn(found, (None,) if told else (None, content))
            if found is None:
                self.assertIn(digest(content), self.there.digests("trash"), "removed, and not in the trash")
            self.store(self.fresh())

        return verify

    def test_an_operation_fails(self):
        self.each(self.rm, prepare=self.victim)
        self.finish()

    def test_an_operation_fails_then_the_daemon_is_killed(self):
        self.each(self.rm, kill=True, prepare=self.victim)
        self.finish()

    def test_the_daemon_dies_at_an_operation(self):
        self.each(self.rm, DIE, prepare=self.victim)
        self.finish()


class Unpacking(FaultTest):
    members = 3

    def drop(self, n):
        numbers = [self.fresh() for _ in range(self.members)]
        archive = self.folder / f"{n}.zip"
        run("zip", "-q", "-j", archive, *self.instances.write(self.source / str(n), numbers))
        lines = self.report_lines()
        told = self.attempt("cp", archive, self.mount.incoming())

        def is_over():
            return self.mount.process.poll() is not None or any(
                line.get("Result") in ("unpacked", "refused") and line["Path"] == archive.name
                for line in self.report_lines()[len(lines):])

        if told:
            wait_until(is_over, 3)

        def verify():
            self.restart()
            if told:
                # An error while it is unpacked is about the disk, not about the archive: that stays, for another time.
                kept = self.there.rejected()
                if digest(archive.read_bytes()) not in kept:
                    for number in numbers:
                        self.expected[number] = self.instances.bytes(number)
                        self.assertEqual(self.expected[number], self.read(number))
            self.store(self.fresh())

        return verify

    def restart(self):
        """What failed for want of space or by the disk is done at the next start."""
        self.mount.stop()
        self.mount.start()

    def report_lines(self):
        path = self.mount.store / "incoming" / "report.jsonl"
        # What a daemon that died has left behind the last whole line, the next one cuts off.
        whole = path.read_text().split("\n")[:-1] if path.exists() else []
        return [json.loads(line) for line in whole]

    def test_an_operation_fails(self):
        self.each(self.drop)
        self.finish()

    def test_the_daemon_dies_at_an_operation(self):
        self.each(self.drop, DIE)
        self.finish()


class OtherPrograms(FaultTest):
    """dcmfs-check --rebuild and dcmfs-import, with every operation of theirs failing in turn."""

    def each_run(self, command, verify, mode=ONCE, kinds=EVERY, step=1):
        for n in range(1, OPERATIONS_MAX, step):
            self.faults.arm(n, mode, kinds=kinds)
            done = subprocess.run(command, env=self.faults.environment, capture_output=True, text=True, timeout=60)
            failed = self.faults.failed
            self.faults.disarm()
            with self.subTest(operation=n, failed=failed.replace(str(self.folder), "")):
                verify(done, failed)
            if not failed:
                self.assertEqual(0, done.returncode, done.stderr)
                return
        self.fail("too many operations")

    def rebuild(self, mode):
        for _ in range(3):
            self.store(self.fresh())
        self.mount.stop()

        def verify(done, failed):
            check(self.mount.store)  # the old index or the new one: whole

        command = [BIN / "dcmfs-check", "--rebuild", "--quiet", self.mount.store]
        self.each_run(command, verify, mode, EVERY & ~WRITE)
        self.each_run(command, verify, mode, WRITE, step=9)  # there are many, and they are much alike
        self.mount.start()
        self.finish()

    def test_a_rebuild_whose_operation_fails_harms_nothing(self):
        self.rebuild(ONCE)

    def test_a_rebuild_that_dies_at_an_operation_harms_nothing(self):
        self.rebuild(DIE)

    def test_dcmfs_import_whose_operation_fails_says_so_or_has_done_it(self):
        self.mount.stop()

        def verify(done, failed):
            if done.returncode == 0:
                self.assertIn(digest(self.instances.bytes(self.next)), self.there.stored())
            check(self.mount.store)
            path, = self.instances.write(self.source, [self.fresh()])
            command[-1] = path

        path, = self.instances.write(self.source, [self.fresh()])
        command = [BIN / "dcmfs-import", "--quiet", self.mount.store, path]
        self.each_run(command, verify)
        self.mount.start()


if __name__ == "__main__":
    unittest.main()
