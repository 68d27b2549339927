#include "net/storage.h"

#include <filesystem>
#include <mutex>

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "net/server.h"
#include "store/dicom/byte_source.h"
#include "store/dicom/reader.h"
#include "store/dicom/writer.h"
#include "tests/net/ends.h"
#include "tests/net/odd_deflated.h"
#include "tests/support/temp_store.h"

namespace dcmfs::net {
namespace {

// A node with a store, and a client that sends it data sets.
class StorageTest : public testing::Test {
 protected:
  void start(StoreOptions store_options = {}) {
    store_options.durability = Durability::relaxed;
    store_.reopen(store_options);
    auto started = Server::start(*store_, Options());
    ASSERT_OK(started);
    server_ = *std::move(started);
    connect("HERE");
  }
  void TearDown() override {
    client_ = Error{Errc::io, "none"};
    server_.reset();
  }

  void connect(const std::string& title, std::string_view syntax = uids::ExplicitVRLittleEndian,
               std::string_view sop_class = kCt) {
    client_ = Association::request(
        {.aet = "DCMFS", .host = "127.0.0.1", .port = server_->port(), .calling_aet = title},
        {{.abstract_syntax = std::string(sop_class), .transfer_syntaxes = {std::string(syntax)}}});
    ASSERT_OK(client_);
  }

  // The status of a C-STORE of these bytes.
  Status store_bytes(std::string_view bytes, std::string_view instance,
                     std::string_view sop_class = kCt) {
    TempFolder folder;
    const Socket file(::open(folder.write("bytes", bytes).c_str(), O_RDONLY | O_CLOEXEC));
    auto command = make_request(CommandField::c_store_rq, client_->next_message_id(), sop_class);
    command.set_text(tags::AffectedSOPInstanceUID, instance);
    EXPECT_OK(client_->send(1, command, {file.fd(), 0, static_cast<std::int64_t>(bytes.size())}));
    const auto answer = client_->receive();
    EXPECT_OK(answer);
    return answer ? answer->status() : statuses::kProcessingFailure;
  }
  Status store(const DicomBuilder& dicom) {
    return store_bytes(encoded(dicom), dicom.dataset().text_or(tags::SOPInstanceUID, ""));
  }
  static std::string encoded(const DicomBuilder& dicom,
                             std::string_view syntax = uids::ExplicitVRLittleEndian) {
    return *encode_dataset(dicom.dataset(), *find_transfer_syntax(syntax));
  }

  std::int64_t instances() { return store_->statistics()->instances; }
  std::string stored_bytes(const DicomBuilder& dicom) {
    std::string bytes;
    EXPECT_OK(store_->find({.level = Level::instance, .where = {}, .order_by = {}, .also = {}},
                           [&](const Resource& resource) {
                             if (resource.uids.sop_instance !=
                                 dicom.dataset().text_or(tags::SOPInstanceUID, "")) {
                               return true;
                             }
                             const auto blob = store_->open_file(resource.key.row);
                             bytes.resize(static_cast<std::size_t>(blob->size()));
                             EXPECT_OK(blob->read(0, std::as_writable_bytes(std::span(bytes))));
                             return false;
                           }));
    return bytes;
  }
  bool spool_is_empty() {
    for (const auto& entry : std::filesystem::recursive_directory_iterator(store_.root() / "spool"))
      if (entry.path().extension() == ".part") return false;
    return true;
  }

  TempStore store_{{.durability = Durability::relaxed}};
  std::unique_ptr<Server> server_;
  Result<Association> client_ = Error{Errc::io, "none"};
};

TEST_F(StorageTest, StoresTheBytesBehindAMetaHeaderOfOurs) {
  start();
  const auto dicom = make_dicom().sop_class(kCt).pixels(8, 8, 16);

  EXPECT_EQ(store(dicom), statuses::kSuccess);

  EXPECT_EQ(stored_bytes(dicom), encode_meta(kCt, dicom.dataset().text_or(tags::SOPInstanceUID, ""),
                                             uids::ExplicitVRLittleEndian, "HERE") +
                                     encoded(dicom));
}

TEST_F(StorageTest, KeepsWhoSentIt) {
  start();
  ASSERT_EQ(store(make_dicom().sop_class(kCt)), statuses::kSuccess);

  const auto all = store_->metadata().all({Level::instance, RowId{1}});
  ASSERT_OK(all);
  EXPECT_EQ(all->at("Origin").text, "DicomProtocol");
  EXPECT_EQ(all->at("RemoteAET").text, "HERE");
  EXPECT_EQ(all->at("CalledAET").text, "DCMFS");
  EXPECT_EQ(all->at("RemoteIP").text, "127.0.0.1");
}

TEST_F(StorageTest, TheSameDatasetAgainIsASuccessWhoeverSendsIt) {
  start();
  const auto dicom = make_dicom().sop_class(kCt);
  ASSERT_EQ(store(dicom), statuses::kSuccess);

  EXPECT_EQ(store(dicom), statuses::kSuccess);
  connect("ELSEWHERE");
  EXPECT_EQ(store(dicom), statuses::kSuccess);

  EXPECT_EQ(instances(), 1);
}

TEST_F(StorageTest, WhatWasStoredAsAFileIsKnown) {
  start();
  const auto dicom = make_dicom().sop_class(kCt);
  store_.add(dicom);

  EXPECT_EQ(store(dicom), statuses::kSuccess);

  EXPECT_EQ(instances(), 1);
}

TEST_F(StorageTest, AFileOfADeflatedDatasetIsKnownWithAndWithoutItsPadding) {
  start();
  const auto odd = odd_deflated();
  store_.add(odd.file());
  connect("HERE", uids::DeflatedExplicitVRLittleEndian);

  EXPECT_EQ(store_bytes(odd.dataset, odd.instance), statuses::kSuccess);
  EXPECT_EQ(store_bytes(odd.dataset + '\0', odd.instance), statuses::kSuccess);
  EXPECT_EQ(store_bytes(odd.dataset + std::string(3, '\0'), odd.instance),
            statuses::kDuplicateSopInstance);

  EXPECT_EQ(instances(), 1);
}

TEST_F(StorageTest, OtherBytesUnderAStoredUidAreADuplicate) {
  start();
  auto dicom = make_dicom().sop_class(kCt);
  ASSERT_EQ(store(dicom), statuses::kSuccess);

  dicom.set(tags::SeriesDescription, "changed");

  EXPECT_EQ(store(dicom), statuses::kDuplicateSopInstance);
  EXPECT_TRUE(spool_is_empty());
}

TEST_F(StorageTest, OtherBytesReplaceIfTheStoreDoesSo) {
  start({.overwrite = Overwrite::always});
  auto dicom = make_dicom().sop_class(kCt);
  ASSERT_EQ(store(dicom), statuses::kSuccess);

  dicom.set(tags::SeriesDescription, "changed");

  EXPECT_EQ(store(dicom), statuses::kSuccess);
  EXPECT_THAT(stored_bytes(dicom), testing::HasSubstr("changed"));
}

TEST_F(StorageTest, OnlyAnotherDatasetIsAChange) {
  start({.overwrite = Overwrite::if_changed});
  auto dicom = make_dicom().sop_class(kCt);
  ASSERT_EQ(store(dicom), statuses::kSuccess);
  const auto first = stored_bytes(dicom);

  connect("ELSEWHERE");
  EXPECT_EQ(store(dicom), statuses::kSuccess);
  EXPECT_EQ(stored_bytes(dicom), first);
  EXPECT_TRUE(spool_is_empty());

  dicom.set(tags::SeriesDescription, "changed");
  EXPECT_EQ(store(dicom), statuses::kSuccess);
  EXPECT_THAT(stored_bytes(dicom), testing::HasSubstr("changed"));
  EXPECT_THAT(stored_bytes(dicom), testing::HasSubstr("ELSEWHERE"));
  EXPECT_EQ(instances(), 1);
}

TEST_F(StorageTest, AlwaysIsAlsoForTheSameDataset) {
  start({.overwrite = Overwrite::always});
  const auto dicom = make_dicom().sop_class(kCt);
  ASSERT_EQ(store(dicom), statuses::kSuccess);

  connect("ELSEWHERE");
  EXPECT_EQ(store(dicom), statuses::kSuccess);

  EXPECT_THAT(stored_bytes(dicom), testing::HasSubstr("ELSEWHERE"));
}

TEST_F(StorageTest, ADatasetThatContradictsTheRequestIsRefused) {
  start();
  const auto dicom = make_dicom().sop_class(kCt);
  const auto other_class = make_dicom().sop_class("1.2.840.10008.5.1.4.1.1.4");
  const auto uid = [](const DicomBuilder& d) {
    return d.dataset().text_or(tags::SOPInstanceUID, "");
  };

  EXPECT_EQ(store_bytes(encoded(dicom), "1.2.3.4"), statuses::kDatasetDoesNotMatch);
  EXPECT_EQ(store_bytes(encoded(other_class), uid(other_class)), statuses::kDatasetDoesNotMatch);
  EXPECT_EQ(store_bytes(encoded(other_class), uid(other_class), "1.2.840.10008.5.1.4.1.1.4"),
            statuses::kSopClassNotSupported);  // it was not negotiated
  EXPECT_EQ(store_bytes(encoded(dicom), "../nonsense"), statuses::kInvalidSopInstance);
  EXPECT_EQ(store_bytes(encoded(dicom), "non\nsense"), statuses::kInvalidSopInstance);
  EXPECT_EQ(store_bytes(encoded(dicom), ""), statuses::kInvalidSopInstance);

  EXPECT_EQ(instances(), 0);
  EXPECT_TRUE(spool_is_empty());
  EXPECT_EQ(store(dicom), statuses::kSuccess);
}

TEST_F(StorageTest, UidsBehindALongElementAreFound) {
  start();
  std::string words = "ORIGINAL";
  while (words.size() < 8192) words += "\\PRIMARY";

  EXPECT_EQ(store(make_dicom().sop_class(kCt).set(tags::ImageType, words)), statuses::kSuccess);
}

TEST_F(StorageTest, WhatIsNoDatasetIsNotUnderstood) {
  start();
  const auto dicom = make_dicom().sop_class(kCt).pixels(8, 8, 16);
  const auto whole = encoded(dicom);
  const auto uid = dicom.dataset().text_or(tags::SOPInstanceUID, "");

  EXPECT_EQ(store_bytes("", uid), statuses::kCannotUnderstand);
  EXPECT_EQ(store_bytes(std::string(1000, '\xff'), uid), statuses::kCannotUnderstand);
  EXPECT_EQ(store_bytes(whole.substr(0, whole.size() - 2), uid), statuses::kCannotUnderstand);
  EXPECT_EQ(store_bytes(whole.substr(0, 20), uid), statuses::kCannotUnderstand);
  EXPECT_EQ(store(make_dicom().sop_class(kCt).erase(tags::SOPClassUID)),
            statuses::kCannotUnderstand);

  EXPECT_EQ(instances(), 0);
  EXPECT_EQ(store(dicom), statuses::kSuccess);
}

TEST_F(StorageTest, ARequestWithoutADatasetIsNotUnderstood) {
  start();
  auto command = make_request(CommandField::c_store_rq, 1, kCt);
  command.set_text(tags::AffectedSOPInstanceUID, "1.2.3");

  ASSERT_OK(client_->send(1, command));

  const auto answer = client_->receive();
  ASSERT_OK(answer);
  EXPECT_EQ(answer->status(), statuses::kCannotUnderstand);
}

TEST_F(StorageTest, AFullStoreIsOutOfResources) {
  start({.size_max_bytes = 10'000});
  const auto dicom = make_dicom().sop_class(kCt).pixels(200, 200, 16);

  EXPECT_EQ(store(dicom), statuses::kOutOfResources);
  EXPECT_EQ(store(make_dicom().sop_class(kCt)), statuses::kSuccess);
}

TEST_F(StorageTest, WhatIsStoredAlreadyIsASuccessInAFullStoreToo) {
  start({.size_max_bytes = 3 << 20});
  const auto dicom = make_dicom().sop_class(kCt).pixels(1024, 1024, 16);

  EXPECT_EQ(store(dicom), statuses::kSuccess);
  EXPECT_EQ(store(dicom), statuses::kSuccess);

  EXPECT_EQ(instances(), 1);
}

TEST_F(StorageTest, KeepsEachTransferSyntax) {
  start();
  for (const auto syntax : {uids::ImplicitVRLittleEndian, uids::ExplicitVRBigEndian,
                            uids::DeflatedExplicitVRLittleEndian}) {
    connect("HERE", syntax);
    const auto dicom = make_dicom().sop_class(kCt).pixels(8, 8, 16);
    const auto uid = dicom.dataset().text_or(tags::SOPInstanceUID, "");

    EXPECT_EQ(store_bytes(encoded(dicom, syntax), uid), statuses::kSuccess) << syntax;

    EXPECT_EQ(stored_bytes(dicom), encode_meta(kCt, uid, syntax, "HERE") + encoded(dicom, syntax));
  }
}

TEST_F(StorageTest, StoresWhatNobodyKnows) {
  start();
  connect("HERE", "1.2.3.4.5", "1.2.3.4.6");
  const auto dicom = make_dicom().sop_class("1.2.3.4.6");

  EXPECT_EQ(
      store_bytes(encoded(dicom), dicom.dataset().text_or(tags::SOPInstanceUID, ""), "1.2.3.4.6"),
      statuses::kSuccess);
}

TEST_F(StorageTest, AUidThatIsTooLongIsTaken) {
  start();
  const std::string uid = "1.2.826.0.1.3680043.2.1143.7567016219912961108887122553257011601.11";
  const auto dicom = make_dicom().sop_class(kCt).set(tags::SOPInstanceUID, uid);

  EXPECT_EQ(store(dicom), statuses::kSuccess);
}

TEST_F(StorageTest, ATitleThatIsNoneIsCleaned) {
  start();
  connect("H\xc4RE");
  const auto dicom = make_dicom().sop_class(kCt);

  ASSERT_EQ(store(dicom), statuses::kSuccess);

  const auto bytes = stored_bytes(dicom);
  const auto source = memory_source(bytes);
  EXPECT_EQ(read_dicom(*source)->meta.text_or(tags::SourceApplicationEntityTitle, ""), "H?RE");
}

}  // namespace
}  // namespace dcmfs::net
