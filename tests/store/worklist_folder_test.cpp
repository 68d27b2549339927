#include "store/worklist_folder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "store/detail/file_ops.h"
#include "store/worklists.h"
#include "tests/support/temp_store.h"

namespace dcmfs {
namespace {

using testing::IsEmpty;
using testing::UnorderedElementsAre;

constexpr std::string_view kItem = R"({"PatientID": "P1", "ScheduledProcedureStepSequence": [{}]})";
constexpr std::string_view kOther =
    R"({"PatientID": "P2", "ScheduledProcedureStepSequence": [{}]})";

class WorklistFolderTest : public testing::Test {
 protected:
  Result<WorklistFolder::File> put(std::string_view name, std::string_view bytes = kItem) {
    auto file = TempStore::require(spooled(*store, bytes));
    return folder.put(file, name, from_ms(1'000'000'000'000));
  }
  std::string content(std::string_view name) {
    const auto blob = TempStore::require(folder.open(name));
    std::string bytes(static_cast<std::size_t>(blob.size()), '\0');
    EXPECT_OK(blob.read(0, std::as_writable_bytes(std::span(bytes))));
    return bytes;
  }
  std::size_t answered() {
    return TempStore::require(worklists.items([](std::string_view) {})).size();
  }

  TempStore store;
  WorklistFolder folder{store.root() / "worklists"};
  Worklists worklists{store.root() / "worklists"};
};

TEST_F(WorklistFolderTest, WhatIsPutThereIsAnswered) {
  const auto file = put("a.json");

  ASSERT_OK(file);
  EXPECT_EQ(*folder.find("a.json"), *file);
  EXPECT_EQ(file->modified_ns, 1'000'000'000'000 * 1'000'000);
  EXPECT_EQ(content("a.json"), kItem);
  EXPECT_EQ(answered(), 1u);
}

TEST_F(WorklistFolderTest, WithoutTheFolderThereIsNothing) {
  EXPECT_THAT(*folder.names(), IsEmpty());
  EXPECT_EQ(folder.find("a.json").error().code, Errc::not_found);
  EXPECT_OK(folder.remove("a.json"));
}

// A step that was called off must not come back after a power failure.
TEST_F(WorklistFolderTest, WhatIsRemovedIsGoneForGood) {
  ASSERT_OK(put("a.json"));
  int synced = 0;
  detail::file_ops::set_fault([&](detail::file_ops::Op op) {
    synced += op == detail::file_ops::Op::sync;
    return 0;
  });
  EXPECT_OK(folder.remove("a.json"));
  detail::file_ops::set_fault(nullptr);

  EXPECT_EQ(synced, 1);
}

TEST_F(WorklistFolderTest, WhatIsNoItemChangesNothing) {
  ASSERT_OK(put("a.json"));

  EXPECT_EQ(put("a.json", "{}").error().code, Errc::invalid_argument);
  EXPECT_EQ(put("a.txt").error().code, Errc::invalid_argument);
  EXPECT_FALSE(put("a.wl"));
  EXPECT_EQ(put("a.json", std::string(kWorklistItemBytesMax + 1, ' ')).error().code,
            Errc::too_large);

  EXPECT_THAT(*folder.names(), UnorderedElementsAre("a.json"));
  EXPECT_EQ(content("a.json"), kItem);
}

TEST_F(WorklistFolderTest, ARenameToAnotherFormatIsChecked) {
  ASSERT_OK(put("a.json"));

  EXPECT_FALSE(folder.rename("a.json", "a.wl"));
  EXPECT_OK(folder.rename("a.json", "b.json"));
  EXPECT_OK(folder.rename("b.json", "b.json~")) << "nobody reads that";

  EXPECT_THAT(*folder.names(), UnorderedElementsAre("b.json~"));
  EXPECT_EQ(answered(), 0u);
}

TEST_F(WorklistFolderTest, ThereIsRoomForSoMany) {
  WorklistFolder small(store.root() / "worklists", 2);
  ASSERT_OK(put("a.json"));
  ASSERT_OK(put("b.json"));
  auto c = TempStore::require(spooled(*store, kItem));

  EXPECT_EQ(small.put(c, "c.json", from_ms(0)).error().code, Errc::no_space);
  EXPECT_OK(small.put(c, "a.json", from_ms(0))) << "it takes the place of another";
}

TEST_F(WorklistFolderTest, WhateverFailsTheOldItemOrTheNewOneIsThere) {
  ASSERT_OK(put("a.json"));
  int failed = 0;
  for (int at = 1; at < 100; ++at) {
    auto file = TempStore::require(spooled(*store, kOther));
    int n = 0;
    detail::file_ops::set_fault([&](detail::file_ops::Op) { return ++n == at ? EIO : 0; });
    const auto done = folder.put(file, "a.json", from_ms(0));
    detail::file_ops::set_fault(nullptr);
    if (done) break;
    ++failed;
    EXPECT_EQ(content("a.json"), file.path().empty() ? kOther : kItem) << "operation " << at;
  }
  EXPECT_GT(failed, 2);
  EXPECT_EQ(content("a.json"), kOther);
}

}  // namespace
}  // namespace dcmfs
