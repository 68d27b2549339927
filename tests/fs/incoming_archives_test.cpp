#include "fs/incoming_archives.h"

#include <atomic>
#include <new>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fs/node.h"
#include "store/detail/file_ops.h"
#include "tests/fs/incoming_fixture.h"
#include "tests/support/make_archive.h"
#include "tests/support/temp_store.h"

namespace dcmfs::fs {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

TEST(IncomingArchives, OneForWhichThereIsNoMemoryIsUnpackedAtTheNextStart) {
  TempStore store;
  TempFolder folder;
  auto file = TempStore::require(store->spool("CD.zip"));
  ASSERT_OK(file.append(
      bytes_of(make_zip({{"IM1", make_dicom().bytes()}, {"IM2", make_dicom().bytes()}}))));
  ASSERT_OK(file.mark_complete());
  std::atomic<bool> is_first = true;
  detail::file_ops::set_fault([&](detail::file_ops::Op op) -> int {
    if (op == detail::file_ops::Op::create && is_first.exchange(false)) throw std::bad_alloc();
    return 0;
  });
  {
    IncomingReport report(*store, folder / "report.jsonl");
    IncomingArchives archives(*store, report);
    archives.add(std::move(file), "CD.zip", 0);
    while (report.size() == 0) std::this_thread::yield();
  }
  detail::file_ops::set_fault({});
  EXPECT_EQ(store->statistics()->instances, 0);

  store.reopen();

  EXPECT_EQ(store->statistics()->instances, 2);
}

TEST_F(IncomingTest, ArchivesAreUnpacked) {
  const auto encrypted = make_encrypted_zip({{"IM1", a}});
  ASSERT_EQ(wire->drop(incoming(), "CD.zip", make_zip({{"CD/IM1", a}, {"CD/README.TXT", "hello"}})),
            0);
  ASSERT_EQ(wire->drop(incoming(), "in.zip",
                       make_tar({{"IM2", b}, {"deep.zip", make_zip({{"IM3", a}})}})),
            0);
  ASSERT_EQ(wire->drop(incoming(), "secret.zip", encrypted), 0);

  // One after the other: when the last is told of, all are done.
  ASSERT_TRUE(wait_until([&] { return report().find("encrypted") != std::string::npos; }))
      << report();
  EXPECT_THAT(stored(), UnorderedElementsAre(a, b));
  EXPECT_THAT(rejected(), UnorderedElementsAre("deep.zip", "deep.zip.reason.txt", "secret.zip",
                                               "secret.zip.reason.txt"));
}

TEST_F(IncomingTest, AnArchiveThatCannotBeMadeDurableIsNotTaken) {
  using detail::file_ops::Op;
  detail::file_ops::set_fault([](Op op) { return op == Op::sync ? EIO : 0; });
  const int error = wire->drop(incoming(), "CD.zip", make_zip({{"IM1", a}}));
  detail::file_ops::set_fault({});

  EXPECT_EQ(error, EIO);
  EXPECT_THAT(in_incoming(), ElementsAre("report.jsonl"));
}

TEST_F(IncomingTest, AnArchiveThatIsFlushedBeforeItIsWholeIsUnpackedAsAWhole) {
  const auto zip = make_zip({{"IM1", a}, {"IM2", b}});
  const auto file = wire->create_file(incoming(), "CD.zip");
  wire->write(file, 0, zip.substr(0, 300));
  ASSERT_EQ(wire->flush(file), 0);
  EXPECT_EQ(wire->read(file), zip.substr(0, 300));

  EXPECT_EQ(wire->write(file, 300, zip.substr(300)).error, 0);
  EXPECT_EQ(wire->close(file), 0);

  EXPECT_TRUE(wait_until([&] { return report().find("unpacked") != std::string::npos; }));
  EXPECT_THAT(stored(), UnorderedElementsAre(a, b));
  EXPECT_THAT(rejected(), IsEmpty());
}

TEST_F(IncomingTest, AnArchiveIsUnpackedWhateverBecomesOfItsNameBeforeItIsReleased) {
  const auto file = wire->create_file(incoming(), "CD.zip");
  wire->write(file, 0, make_zip({{"IM1", a}}));
  ASSERT_EQ(wire->flush(file), 0);
  ASSERT_EQ(wire->unlink(incoming(), "CD.zip"), 0);
  wire->release(file);

  EXPECT_TRUE(wait_until([&] { return stored().size() == 1; })) << report();
}

TEST_F(IncomingTest, AnArchiveThatIsOpenWhenTheDaemonStopsIsUnpackedAtTheNextStart) {
  const auto file = wire->create_file(incoming(), "CD.zip");
  wire->write(file, 0, make_zip({{"IM1", a}}));
  ASSERT_EQ(wire->flush(file), 0);

  restart();

  EXPECT_THAT(stored(), ElementsAre(a));
}

TEST_F(IncomingTest, AnArchiveThatIsWrittenOnIsNotCompleteForTheNextStart) {
  const auto file = wire->create_file(incoming(), "CD.zip");
  wire->write(file, 0, make_zip({{"IM1", a}}));
  ASSERT_EQ(wire->flush(file), 0);
  EXPECT_THAT(in_spool(), ElementsAre(HasSubstr("complete")));

  wire->write(file, 0, "P");

  EXPECT_THAT(in_spool(), ElementsAre(HasSubstr("writing.CD.zip")));
}

TEST_F(IncomingTest, AnArchiveInterruptedByStoppingIsUnpackedAtTheNextStart) {
  ArchiveMembers members;
  for (int i = 0; i < 200; ++i) {
    members.push_back({"IM" + std::to_string(i), make_dicom().set(tags::PatientID, "P").bytes()});
  }
  ASSERT_EQ(wire->drop(incoming(), "CD.tar", make_tar(members)), 0);
  wire.reset();
  const auto before = stored().size();

  store.reopen();

  EXPECT_LT(before, members.size()) << "the test did not interrupt anything";
  EXPECT_EQ(stored().size(), members.size());
  EXPECT_THAT(names_of(Wire(*store).list(ino({Kind::rejected}))), IsEmpty());
}

}  // namespace
}  // namespace dcmfs::fs
