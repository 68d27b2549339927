"""What the daemon needs: memory, descriptors, threads, and files in its spool."""
import pathlib
import re
import threading

from stored import StoreFolder

FIELDS = ("rss", "anon", "fds", "threads", "spool", "index")   # MiB, MiB, ..., MiB
SHOWN = 12


class Sampler(threading.Thread):
    """A sample for each second, with the number of the daemon (each kill begins a new one)."""

    def __init__(self, world):
        super().__init__(name="sampler", daemon=True)
        self.world, self.samples, self.done = world, [], threading.Event()

    def run(self):
        while not self.done.wait(1):
            sample = self.sample()
            if sample:
                self.samples.append((self.world.epoch, sample))

    def sample(self):
        """None while there is no daemon."""
        process = self.world.mount.process
        try:
            proc = pathlib.Path(f"/proc/{process.pid}")
            status = dict(re.findall(r"^(VmRSS|RssAnon|Threads):\s*(\d+)", (proc / "status").read_text(), re.MULTILINE))
            spool = sum(len(found) for found in StoreFolder(self.world.store).spool().values())
            return dict(zip(FIELDS, (int(status["VmRSS"]) >> 10, int(status["RssAnon"]) >> 10,
                                     len(list((proc / "fd").iterdir())), int(status["Threads"]), spool,
                                     (self.world.store / "index.db").stat().st_size >> 20)))
        except (OSError, AttributeError, KeyError):
            return None

    def finish(self):
        self.done.set()
        self.join()

    def course(self):
        """Of the last daemon: what does not grow any more is a cache, what grows as the index does are its pages."""
        last = [sample for epoch, sample in self.samples if epoch == self.world.epoch]
        shown = last[::max(1, len(last) // SHOWN)]
        return {field: [sample[field] for sample in shown] for field in ("anon", "index")}

    def highest(self):
        return {field: max(sample[field] for _, sample in self.samples) for field in FIELDS}
