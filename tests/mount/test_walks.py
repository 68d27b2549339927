"""Programs that walk the whole tree or count it: updatedb, du, df, find."""
import os
import unittest

from mounted import MountTest, clip, need, run, small


class WalkTest(MountTest):
    def setUp(self):
        super().setUp()
        files = small(self.source, 3)
        clip(files[2])
        run("cp", "-r", self.source, self.mount.incoming())
        self.assert_stored(files)

    def paths(self):
        """Everything below the mount, by a walk of our own that follows no link."""
        found = []
        for folder, folders, names in os.walk(self.mount.path):
            found += [os.path.join(folder, n) for n in folders + names]
        return sorted(str(p) for p in found)


class UpdateDb(WalkTest):
    def setUp(self):
        need("updatedb", "plocate")
        super().setUp()
        self.db = self.folder / "plocate.db"

    def updatedb(self):
        # Debian's configuration leaves out FUSE, and /tmp.
        run("updatedb", "-U", self.mount.path, "-o", self.db, "--prunefs", "", "--prunepaths", "",
            "--prunenames", "", "--prune-bind-mounts", "no", "--require-visibility", "no")

    def located(self, pattern="/"):
        return sorted(run("plocate", "-d", self.db, pattern).stdout.splitlines())

    def test_meets_everything_once(self):
        self.updatedb()
        self.assertEqual(self.paths(), self.located())

    def test_a_second_run_sees_what_came_since_and_misses_what_went(self):
        # updatedb does not list a folder again whose time did not change.
        self.updatedb()
        before = set(self.located(".dcm"))
        more = small(self.folder / "more", 2, "--seed", "9")
        run("cp", *more, self.mount.incoming())
        self.updatedb()
        self.assertEqual(self.paths(), self.located())
        # In the canonical place and in instances/; incoming/ has a ghost of each.
        self.assertEqual(3 * 2, len(set(self.located(".dcm")) - before))

    def test_find_and_ls_agree_with_it(self):
        self.assertEqual(self.paths(), sorted(run("find", self.mount.path, "-mindepth", "1").stdout.splitlines()))
        self.assertEqual("", run("find", self.mount.path, "-xtype", "l").stdout)  # no link leads nowhere
        run("ls", "-laR", self.mount.path)


class Counting(WalkTest):
    def test_du_counts_what_is_there(self):
        files = [p for p in (self.mount.path / "patients").rglob("*") if p.is_file()]
        patients = self.mount.path / "patients"
        apparent = int(run("du", "-s", "--apparent-size", "-B1", patients).stdout.split()[0])
        self.assertEqual(sum(p.stat().st_size for p in files), apparent)
        on_disk = int(run("du", "-s", "-B1", patients).stdout.split()[0])
        self.assertEqual(sum(-(-p.stat().st_size // 512) * 512 for p in files), on_disk)

    def test_du_of_the_mount_does_not_follow_the_views(self):
        def blocks(name):
            return int(run("du", "-s", "-B1", self.mount.path / name).stdout.split()[0])
        whole = blocks("patients")
        # What the links themselves take, a few hundred bytes each.
        for view in ("studies", "series", "instances", "recent"):
            self.assertLess(blocks(view), whole // 4, view)

    def test_df_tells_the_space_of_the_store(self):
        def df(path):
            out = run("df", "-B4096", "--output=source,fstype,size,avail,target", path).stdout.splitlines()[1]
            source, fstype, size, avail, target = out.split()
            return source, fstype, int(size), int(avail), target
        source, fstype, size, avail, target = df(self.mount.path)
        self.assertEqual((str(self.mount.store), "fuse.dcmfs", str(self.mount.path)), (source, fstype, target))
        of_store = df(self.mount.store)
        self.assertEqual(of_store[2], size)
        self.assertLess(abs(of_store[3] - avail), 64 << 8)  # others write on that disk, too
        self.assertEqual(source, df(self.mount.path / "patients")[0])

    def test_df_i_counts_the_instances_and_does_not_call_it_full(self):
        out = run("df", "--output=iused,iavail", self.mount.path).stdout.split()
        self.assertEqual(len(self.mount.files()), int(out[-2]))
        self.assertGreater(int(out[-1]), 0)


if __name__ == "__main__":
    unittest.main()
