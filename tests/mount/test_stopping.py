"""How a mount ends: by umount, by signals, by being killed; with programs in the midst of things."""
import errno
import os
import pathlib
import signal
import subprocess
import threading
import time
import unittest

from fault_io import HANG, UNLINK, Faults
from mounted import BIN, MountTest, run, wait_until
from stored import Instances, StoreFolder, check, digest

CUT_OFF = os.strerror(errno.ECONNABORTED)  # what is asked; what asks later gets ENOTCONN
SECONDS_MAX = 10  # to end, on a machine that does other things as well


def children(pid):
    return [int(c) for c in pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def is_alive(pid):
    """A process whose threads are stuck in the kernel is a zombie, and alive."""
    return pathlib.Path(f"/proc/{pid}").exists()


class Ending(MountTest):
    def setUp(self):
        super().setUp()
        self.instances = Instances(self.folder / "like")
        self.there = StoreFolder(self.mount.store)

    def end(self, *signals):
        """Sends them; the exit status, in time."""
        for sign in signals:
            self.mount.process.send_signal(sign)
        return self.mount.wait(SECONDS_MAX)

    def said(self):
        return (self.folder / "daemon.log").read_text()


class Unmounting(Ending):
    def test_a_busy_mount_is_not_unmounted_and_goes_on(self):
        with open(self.mount.incoming("a.dcm"), "wb") as file:
            file.write(self.instances.bytes(1))
            file.flush()
            done = run("fusermount3", "-u", self.mount.path, check=False)
            self.assertNotEqual(0, done.returncode)
            self.assertIn("busy", done.stderr)
            self.assertIn("busy", run("umount", self.mount.path, check=False).stderr)
        self.assertEqual([self.instances.bytes(1)], self.mount.stored_bytes())

    def test_a_lazy_umount_serves_who_has_a_file_open_until_the_last_close(self):
        file = open(self.mount.incoming("a.dcm"), "wb", buffering=0)
        content = self.instances.bytes(1)
        file.write(content[:100])
        run("fusermount3", "-u", "-z", self.mount.path)
        self.assertFalse(os.path.ismount(self.mount.path))
        file.write(content[100:])
        file.close()  # 0: stored durably
        self.assertEqual(0, self.mount.wait(SECONDS_MAX))
        self.mount.start()
        self.assertEqual([content], self.mount.stored_bytes())

    def test_after_the_end_open_files_get_an_error(self):
        file = os.open(self.mount.incoming("a.dcm"), os.O_WRONLY | os.O_CREAT)
        os.write(file, self.instances.bytes(1))
        self.assertEqual(0, self.end(signal.SIGTERM))
        with self.assertRaises(OSError) as caught:
            os.write(file, b"more")
        self.assertEqual(errno.ENOTCONN, caught.exception.errno)
        with self.assertRaises(OSError) as caught:
            os.close(file)
        self.assertEqual(errno.ENOTCONN, caught.exception.errno)
        # Not acknowledged: it waits for a day, as after a crash.
        self.mount.start()
        self.assertEqual([], self.mount.files())
        self.assertEqual(1, len(self.there.spool()["writing"]))


class Signals(Ending):
    options = ("-o", "delete")
    rounds = 6

    def busy(self):
        """Programs that write, list and remove, and what the writers were told is stored."""
        told, stop = [], threading.Event()

        def write(first):
            for n in range(first, first + 100_000):
                if stop.is_set():
                    return
                try:
                    with open(self.mount.incoming(f"{n}.dcm"), "wb", buffering=0) as file:
                        file.write(self.instances.bytes(n))
                    told.append(n)
                except OSError:
                    return

        def read():
            while not stop.is_set():
                subprocess.run(["find", self.mount.path / "patients"], stdout=subprocess.DEVNULL,
                               stderr=subprocess.DEVNULL)

        def remove():
            for folder in victims:
                subprocess.run(["rm", "-r", folder], stderr=subprocess.DEVNULL)

        victims = sorted((self.mount.path / "patients").glob("*/*/*"))
        threads = [threading.Thread(target=write, args=(self.numbers + w * 100_000,)) for w in range(3)]
        threads += [threading.Thread(target=read), threading.Thread(target=remove)]
        for thread in threads:
            thread.start()
        self.numbers += 300_000
        return told, stop, threads

    def end_while_busy(self, *signals):
        told, stop, threads = self.busy()
        self.assertTrue(wait_until(lambda: len(told) > 5), "nothing was stored")
        status = self.end(*signals)
        stop.set()
        for thread in threads:
            thread.join(SECONDS_MAX)
            self.assertFalse(thread.is_alive(), "a program hangs")
        return status, told

    def test_in_the_midst_of_things_it_ends_in_time_and_loses_nothing(self):
        self.numbers = 1
        for round_ in range(self.rounds):
            sign = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)[round_ % 3]
            status, told = self.end_while_busy(sign)
            self.assertEqual(0, status, self.said())
            check(self.mount.store)
            self.mount.start()
            self.assert_kept(told)

    def assert_kept(self, numbers):
        kept = self.there.stored() + self.there.digests("trash")
        self.assertEqual([], [n for n in numbers if digest(self.instances.bytes(n)) not in kept])

    def test_a_second_signal_ends_it_at_once_and_loses_nothing_either(self):
        self.numbers = 1
        status, told = self.end_while_busy(signal.SIGTERM, signal.SIGTERM)
        self.assertIn(status, (0, -signal.SIGTERM))
        self.mount.start()
        self.assert_kept(told)
        self.mount.stop()
        check(self.mount.store)


class Killed(Ending):
    options = ("-o", "delete")

    def setUp(self):
        super().setUp()
        self.faults = Faults(self.folder, self.mount.store)
        self.addCleanup(self.faults.close)

    def test_a_mount_left_by_a_killed_daemon_is_taken_over(self):
        self.mount.die()
        with self.assertRaises(OSError) as caught:
            os.statvfs(self.mount.path)
        self.assertEqual(errno.ENOTCONN, caught.exception.errno)
        self.mount.start()
        self.assertTrue((self.mount.path / "README.txt").exists())

    def stuck(self):
        """An rm that waits for the daemon, which tells the kernel of the folder that rm holds."""
        self.mount.stop()
        self.mount.environment = self.faults.environment
        self.mount.start()
        run("cp", *self.instances.write(self.source, range(2)), self.mount.incoming())
        self.faults.arm(1, HANG, kinds=UNLINK)
        rm = subprocess.Popen(["rm", self.mount.files()[0]], stderr=subprocess.PIPE, text=True)
        self.assertTrue(wait_until(lambda: self.faults.failed))
        pid = self.mount.process.pid
        self.assertTrue(wait_until(lambda: any(
            task.read_text().startswith("fuse_reverse_inval") for task in self.wait_channels(pid))))
        self.mount.environment = None
        return rm, pid

    @staticmethod
    def wait_channels(pid):
        return pathlib.Path(f"/proc/{pid}/task").glob("*/wchan")

    def test_programs_that_wait_for_a_killed_daemon_get_an_error(self):
        rm, pid = self.stuck()
        self.mount.process.kill()
        self.assertIn(CUT_OFF, rm.communicate(timeout=SECONDS_MAX)[1])
        self.mount.wait(SECONDS_MAX)
        self.mount.start()
        self.assertEqual(1, len(self.mount.files()))  # it was removed, though rm was not told

    def test_the_next_start_recovers_what_is_stuck_also_without_a_guard(self):
        rm, pid = self.stuck()
        guards = children(pid)
        self.assertEqual(1, len(guards))
        os.kill(guards[0], signal.SIGKILL)
        self.mount.process.kill()
        time.sleep(0.2)
        self.assertTrue(is_alive(pid), "not what is to be tested")
        self.assertIsNone(rm.poll())
        killed, self.mount.process = self.mount.process, None
        self.mount.log.close()
        self.mount.start()
        killed.wait(SECONDS_MAX)
        self.assertIn(CUT_OFF, rm.communicate(timeout=SECONDS_MAX)[1])
        self.assertEqual(1, len(self.mount.files()))


if __name__ == "__main__":
    unittest.main()
