#include "fs/incoming_archives.h"

#include <atomic>
#include <new>
#include <thread>

#include <gtest/gtest.h>

#include "store/detail/file_ops.h"
#include "tests/support/make_archive.h"
#include "tests/support/temp_store.h"

namespace dcmfs::fs {
namespace {

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

}  // namespace
}  // namespace dcmfs::fs
