// The metadata of a series as one file: made when it has come, dropped when it goes, and never told of other bytes.
#include "rest/dicomweb/metadata_keeper.h"

#include <filesystem>
#include <memory>

#include <gmock/gmock.h>

#include "rest/dicomweb/metadata_pack.h"
#include "tests/rest/dicomweb_fixture.h"

namespace dcmfs::rest {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr auto kKind = DerivedFiles::Kind::series_metadata;
constexpr int kInstances = 70;  // more than a block

StoredFile of_row(std::int64_t row, std::uint8_t first_byte = 1) {
  StoredFile stored;
  stored.instance = RowId{row};
  stored.sha256[0] = first_byte;
  return stored;
}

std::string text_number(int i) {
  return "{\"number\":" + std::to_string(i) + std::string(static_cast<std::size_t>(i), ' ') + '}';
}

std::string packed(int count) {
  MetadataPackWriter writer;
  for (int i = 0; i < count; ++i) EXPECT_TRUE(writer.add(of_row(100 + i), text_number(i)));
  return writer.finish();
}

class Packs : public testing::Test {
 protected:
  Result<MetadataPack> open(std::string_view bytes) {
    DCMFS_CHECK(files_.put(kKind, RowId{1}, bytes));
    DCMFS_TRY(auto blob, files_.open(kKind, RowId{1}));
    return MetadataPack::open(std::move(blob));
  }
  TempFolder folder_;
  DerivedFiles files_{folder_ / "derived"};
};

TEST_F(Packs, TellEachTextOfTheBytesItWasMadeOf) {
  for (const int count : {0, 1, 63, 64, 65, 128, 300}) {
    const auto pack = open(packed(count));
    ASSERT_OK(pack);
    for (int i = 0; i < count; ++i) {
      const auto number = pack->find(of_row(100 + i));
      ASSERT_TRUE(number);
      const auto unpacked = pack->unpack(pack->block_of(*number));
      ASSERT_OK(unpacked);
      EXPECT_EQ(pack->text(*number, *unpacked), text_number(i));
      EXPECT_FALSE(pack->find(of_row(100 + i, 2)));  // other bytes in that row
    }
    EXPECT_FALSE(pack->find(of_row(100 + count)));
  }
}

TEST_F(Packs, DamageIsFoundAndNeverTold) {
  const std::string whole = packed(70);
  const auto tells_the_truth = [&](const std::string& bytes) {
    const auto pack = open(bytes);
    if (!pack) return;
    for (int i = 0; i < 70; ++i) {
      const auto number = pack->find(of_row(100 + i));
      if (!number) continue;
      const auto unpacked = pack->unpack(pack->block_of(*number));
      if (unpacked) {
        ASSERT_EQ(pack->text(*number, *unpacked), text_number(i));
      }
    }
  };
  for (std::size_t size = 0; size < whole.size(); size += 7) tells_the_truth(whole.substr(0, size));
  for (std::size_t at = 0; at < whole.size(); ++at) {
    std::string changed = whole;
    changed[at] = static_cast<char>(changed[at] ^ 0x41);
    tells_the_truth(changed);
  }
  EXPECT_FALSE(open(""));
  EXPECT_FALSE(open("dcmfs series metadata\n\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"));
}

class Keeper : public DicomwebFixture {
 protected:
  void TearDown() override {
    server_.reset();
    keeper_.reset();
  }
  void begin() {
    keeper_ = std::make_unique<MetadataKeeper>(services_, [](std::string_view) {});
    services_.metadata = keeper_.get();
    server_.reset();
    Options options;
    options.port = port_;
    server_ = TempStore::require(Server::start(services_, std::move(options)));
  }
  void fill(int count, const std::string& series = "1.1.1") {
    for (int i = 0; i < count; ++i) {
      const auto added = store_.add(make_dicom().study("1.1").series(series).pixels(2, 2, 16));
      rows_.push_back(added.instance);
      series_ = store_->entry(added.instance)->parent.row;
    }
  }
  void become_stable() {
    ASSERT_OK(
        store_->stability().update(now() + std::chrono::hours(1), std::chrono::milliseconds(1)));
  }
  std::vector<RowId> made() { return TempStore::require(store_->derived().rows(kKind)); }
  void hide_files() {
    std::vector<std::filesystem::path> files;
    for (const auto& each : std::filesystem::recursive_directory_iterator(store_.root() / "blobs"))
      if (each.is_regular_file()) files.push_back(each.path());
    for (const auto& file : files) std::filesystem::remove(file);
  }

  static constexpr const char* kSeries = "/dicom-web/studies/1.1/series/1.1.1/metadata";
  Services services_{.store = *store_, .facts = facts_, .acceptance = &acceptance_};
  std::unique_ptr<MetadataKeeper> keeper_;
  std::vector<Key> rows_;
  RowId series_{};
};

TEST_F(Keeper, AStableSeriesIsToldWithoutItsInstances) {
  fill(kInstances);
  const auto before = get(kSeries);
  ASSERT_EQ(before.json().size(), static_cast<unsigned>(kInstances));
  begin();
  become_stable();
  ASSERT_OK(keeper_->look());
  EXPECT_THAT(made(), ElementsAre(series_));

  hide_files();
  EXPECT_EQ(get(kSeries).body, before.body);
  EXPECT_EQ(get("/dicom-web/studies/1.1/metadata").body, before.body);
  const auto elsewhere = get(kSeries, "Forwarded: host=pacs.example;proto=https\r\n").json();
  EXPECT_THAT(
      elsewhere[kInstances - 1]["7FE00010"]["BulkDataURI"].asString(),
      testing::StartsWith("https://pacs.example/dicom-web/studies/1.1/series/1.1.1/instances/"));
}

TEST_F(Keeper, WhatCameLaterIsReadFromItsFile) {
  fill(kInstances);
  begin();
  become_stable();
  ASSERT_OK(keeper_->look());
  hide_files();
  fill(1);
  EXPECT_EQ(get(kSeries).json().size(), kInstances + 1u);
}

TEST_F(Keeper, AfterARemovalItIsMadeAgainWhenAskedFor) {
  fill(kInstances);
  begin();
  become_stable();
  ASSERT_OK(keeper_->look());
  ASSERT_OK(store_->remove(rows_[3]));
  ASSERT_OK(keeper_->look());
  EXPECT_THAT(made(), IsEmpty());  // what was removed is nowhere

  EXPECT_EQ(get(kSeries).json().size(), kInstances - 1u);
  ASSERT_OK(keeper_->look());
  EXPECT_THAT(made(), ElementsAre(series_));

  ASSERT_OK(store_->remove(Key{Level::series, series_}));
  ASSERT_OK(keeper_->look());
  EXPECT_THAT(made(), IsEmpty());
}

TEST_F(Keeper, FewInstancesAreNotWorthAFile) {
  fill(static_cast<int>(MetadataKeeper::kInstancesMin) - 1);
  begin();
  become_stable();
  ASSERT_OK(keeper_->look());
  EXPECT_THAT(made(), IsEmpty());
}

TEST_F(Keeper, ADamagedFileIsAsNone) {
  fill(kInstances);
  const auto before = get(kSeries);
  begin();
  ASSERT_OK(store_->derived().put(kKind, series_, "dcmfs series metadata\nrubbish"));
  EXPECT_EQ(get(kSeries).body, before.body);
  ASSERT_OK(keeper_->look());
  hide_files();
  EXPECT_EQ(get(kSeries).body, before.body);
}

TEST_F(Keeper, WhatHappenedWhileItWasNotThereIsMadeUpFor) {
  fill(kInstances);
  begin();
  server_.reset();
  keeper_.reset();
  become_stable();
  ASSERT_OK(store_->derived().put(kKind, RowId{4711}, "of a series that is gone"));
  begin();
  ASSERT_OK(keeper_->look());
  for (int i = 0; i < 500 && made().size() != 1; ++i) ::usleep(10'000);  // its thread sweeps
  EXPECT_THAT(made(), ElementsAre(series_));
}

}  // namespace
}  // namespace dcmfs::rest
