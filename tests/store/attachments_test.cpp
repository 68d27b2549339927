#include "store/attachments.h"

#include <cerrno>
#include <fstream>

#include <gmock/gmock.h>

#include "store/check.h"
#include "store/detail/attachment_files.h"
#include "store/detail/file_ops.h"
#include "tests/support/temp_store.h"

namespace dcmfs {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

class AttachmentsTest : public testing::Test {
 protected:
  ~AttachmentsTest() override { detail::file_ops::set_fault({}); }

  Result<Attachment> try_put(Key key, std::string_view name, std::string_view bytes,
                             Expected expected = Expected::any()) {
    auto file = TempStore::require(spooled(*store_, bytes));
    auto put = store_->attachments().put(key, name, file, now(), expected);
    // Stored or still the caller's: never lost, never both.
    EXPECT_EQ(put.ok(), file.path().empty());
    if (!put) {
      EXPECT_TRUE(std::filesystem::exists(file.path()));
    }
    return put;
  }
  Attachment put(Key key, std::string_view name, std::string_view bytes) {
    return TempStore::require(try_put(key, name, bytes));
  }
  std::string read(const Attachment& attachment) {
    const auto blob = TempStore::require(store_->attachments().open(attachment));
    std::string bytes(static_cast<std::size_t>(blob.size()), '\0');
    TempStore::require(blob.read(0, std::as_writable_bytes(std::span(bytes))));
    return bytes;
  }
  std::vector<std::filesystem::path> files() {
    std::vector<std::filesystem::path> found;
    for (const auto& entry :
         std::filesystem::recursive_directory_iterator(store_.root() / "attachments"))
      if (entry.is_regular_file()) found.push_back(entry.path());
    return found;
  }

  TempStore store_;
  Added added_ = store_.add(make_dicom());
  Key key_ = added_.instance;
};

TEST_F(AttachmentsTest, KeepTheirBytesAndWhatProvesThem) {
  const auto made = put(key_, "1024", "hello");
  store_.reopen();

  const auto found = TempStore::require(store_->attachments().get(key_, "1024"));
  EXPECT_EQ(read(found), "hello");
  EXPECT_EQ(found.size, 5);
  // As md5sum tells.
  EXPECT_THAT(found.md5, ElementsAre(0x5d, 0x41, 0x40, 0x2a, 0xbc, 0x4b, 0x2a, 0x76, 0xb9, 0x71,
                                     0x9d, 0x91, 0x10, 0x17, 0xc5, 0x92));
  EXPECT_EQ(found.uuid, made.uuid);
  EXPECT_THAT(found.uuid, SizeIs(36));
  EXPECT_EQ(found.revision, Revision{0});
}

TEST_F(AttachmentsTest, MayBeEmpty) {
  EXPECT_EQ(read(put(key_, "nothing", "")), "");
}

TEST_F(AttachmentsTest, AreListedByName) {
  put(key_, "b", "1");
  put(key_, "a", "2");

  const auto list = TempStore::require(store_->attachments().of(key_));
  ASSERT_THAT(list, SizeIs(2));
  EXPECT_EQ(list[0].name, "a");
  EXPECT_EQ(list[1].name, "b");
}

TEST_F(AttachmentsTest, AreReplacedWithANewRevisionAndOneFileStays) {
  const auto before = put(key_, "a", "old");
  const auto open = TempStore::require(store_->attachments().open(before));
  const auto after = put(key_, "a", "new");

  EXPECT_EQ(after.revision, Revision{1});
  EXPECT_NE(after.uuid, before.uuid);
  EXPECT_EQ(read(TempStore::require(store_->attachments().get(key_, "a"))), "new");
  EXPECT_EQ(store_->attachments().open(before).error().code, Errc::not_found);
  EXPECT_EQ(open.size(), 3);
  EXPECT_THAT(files(), SizeIs(1));
}

TEST_F(AttachmentsTest, ChangeOnlyIfTheyAreAsExpected) {
  EXPECT_EQ(try_put(key_, "a", "x", Expected::revision(Revision{0})).error().code,
            Errc::already_exists);
  EXPECT_OK(try_put(key_, "a", "x", Expected::absent()));
  EXPECT_EQ(try_put(key_, "a", "y", Expected::absent()).error().code, Errc::already_exists);
  EXPECT_EQ(
      store_->attachments().remove(key_, "a", now(), Expected::revision(Revision{7})).error().code,
      Errc::already_exists);
  const auto md5 = store_->attachments().get(key_, "a")->md5;
  EXPECT_EQ(try_put(key_, "a", "y", Expected::revision(Revision{0}, Md5Sum{})).error().code,
            Errc::already_exists);
  EXPECT_EQ(store_->attachments()
                .remove(key_, "a", now(), Expected::revision(Revision{0}, Md5Sum{}))
                .error()
                .code,
            Errc::already_exists);
  EXPECT_OK(store_->attachments().remove(key_, "a", now(), Expected::revision(Revision{0}, md5)));
  EXPECT_THAT(files(), IsEmpty());
}

TEST_F(AttachmentsTest, HaveNamesThatOrthancLeavesFree) {
  for (const char* wrong : {"", "dicom", "dicom-as-json", "1", "1023", "a/b"})
    EXPECT_EQ(try_put(key_, wrong, "x").error().code, Errc::invalid_argument) << wrong;
  EXPECT_EQ(try_put({Level::study, RowId{99}}, "a", "x").error().code, Errc::not_found);
}

TEST_F(AttachmentsTest, TellOfChanges) {
  const auto before = store_->changes().last();
  put(key_, "a", "1");
  ASSERT_OK(store_->attachments().remove(key_, "a", now()));
  ASSERT_OK(store_->attachments().remove(key_, "a", now()));  // nothing happens

  const auto changes = TempStore::require(store_->changes().read(before, 10));
  ASSERT_THAT(changes, SizeIs(2));
  EXPECT_EQ(changes[0].type, ChangeType::updated_attachment);
  EXPECT_EQ(changes[1].what, key_);
}

TEST_F(AttachmentsTest, GoWithTheirResource) {
  const auto patient = TempStore::require(store_->get(key_)).ancestors.back();
  put(key_, "a", "1");
  put(patient, "b", "22");

  EXPECT_EQ(TempStore::require(store_->statistics()).attachment_bytes, 3);
  EXPECT_EQ(TempStore::require(store_->statistics(patient)).attachment_bytes, 3);
  EXPECT_EQ(TempStore::require(store_->statistics(key_)).attachment_bytes, 1);

  ASSERT_OK(store_->remove(key_));

  EXPECT_THAT(files(), IsEmpty());
}

TEST_F(AttachmentsTest, AreCheckedByTheirBytes) {
  const auto missing = put(key_, "a", "1"), changed = put(key_, "b", "2");
  put(key_, "c", "3");
  const detail::Folders folders(store_.root());
  std::filesystem::remove(detail::attachment_file(folders, missing.number));
  std::ofstream(detail::attachment_file(folders, changed.number)) << "!";

  const auto report = TempStore::require(check(store_.root()));
  ASSERT_THAT(report.problems, SizeIs(2));
  for (const auto& problem : report.problems)
    EXPECT_EQ(problem.kind, CheckProblem::Kind::attachment_damaged);
}

TEST_F(AttachmentsTest, WithoutARowAreRemovedAtTheNextStart) {
  put(key_, "a", "1");
  const auto stray = store_.root() / "attachments" / "000" / "000000077";
  store_.close();
  std::ofstream(stray) << "promised to nobody";

  store_.reopen();

  EXPECT_FALSE(std::filesystem::exists(stray));
  EXPECT_THAT(files(), SizeIs(1));
}

// Each operation on files fails in turn: then either all is as it was or all is done.
TEST_F(AttachmentsTest, AreWholeOrNotThereWhateverFails) {
  put(key_, "a", "before");
  for (int n = 0;; ++n) {
    ASSERT_LT(n, 50) << "the faults never end";
    int left = n;
    bool failed = false;
    auto file = TempStore::require(spooled(*store_, "after"));
    detail::file_ops::set_fault([&](detail::file_ops::Op) {
      if (left-- != 0) return 0;
      failed = true;
      return EIO;
    });
    const auto put = store_->attachments().put(key_, "a", file, now());
    detail::file_ops::set_fault({});
    const auto found = TempStore::require(store_->attachments().get(key_, "a"));
    EXPECT_EQ(read(found), put ? "after" : "before") << "operation " << n;
    if (!put) {
      EXPECT_TRUE(std::filesystem::exists(file.path())) << "operation " << n;
    }
    EXPECT_TRUE(TempStore::require(check(store_.root())).clean());
    if (!failed) break;
    if (put) this->put(key_, "a", "before");
  }
  store_.reopen();
  EXPECT_THAT(files(), SizeIs(1));
}

}  // namespace
}  // namespace dcmfs
