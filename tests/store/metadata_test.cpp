#include "store/metadata.h"

#include <regex>

#include <gmock/gmock.h>

#include "tests/support/temp_store.h"

namespace dcmfs {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::Not;

constexpr std::string_view kCtImageStorage = "1.2.840.10008.5.1.4.1.1.2";

class MetadataTest : public testing::Test {
 protected:
  dcmfs::Key of(Level level, const Added& added) {
    if (level == Level::instance) return added.instance;
    return TempStore::require(store_->get(added.instance)).ancestors[2 - index_of(level)];
  }
  std::string text(dcmfs::Key key, std::string_view name) {
    const auto value = TempStore::require(store_->metadata().get(key, name));
    const auto all = TempStore::require(store_->metadata().all(key));
    const auto found = all.find(std::string(name));
    EXPECT_EQ(value.has_value(), found != all.end()) << name;
    if (value && found != all.end()) {
      EXPECT_EQ(value->text, found->second.text);
    }
    return value ? value->text : "nothing";
  }
  Revision put(dcmfs::Key key, std::string_view name, std::string_view value,
               Expected expected = Expected::any()) {
    return TempStore::require(store_->metadata().put(key, name, value, now(), expected));
  }

  TempStore store_;
};

TEST_F(MetadataTest, IsKeptWithItsRevision) {
  const Added added = store_.add(make_dicom());
  for (const LevelInfo& level : kLevels) {
    const auto key = of(level.level, added);
    EXPECT_EQ(put(key, "my-meta", "first"), Revision{0});
    EXPECT_EQ(put(key, "my-meta", "\xC3\xA4 second"), Revision{1});
    EXPECT_EQ(put(key, "1024", ""), Revision{0});
  }
  store_.reopen();

  for (const LevelInfo& level : kLevels) {
    const auto key = of(level.level, added);
    EXPECT_EQ(text(key, "my-meta"), "\xC3\xA4 second");
    EXPECT_EQ(text(key, "1024"), "");
    EXPECT_EQ(TempStore::require(store_->metadata().get(key, "my-meta"))->revision, Revision{1});
    EXPECT_EQ(text(key, "other"), "nothing");
  }
}

TEST_F(MetadataTest, ChangesOnlyWhatIsAsExpected) {
  const auto key = store_.add(make_dicom()).instance;
  const auto refused = [&](Expected expected) {
    const auto put = store_->metadata().put(key, "m", "no", now(), expected);
    const auto removed = store_->metadata().remove(key, "m", now(), expected);
    return !put && put.error().code == Errc::already_exists && !removed &&
           removed.error().code == Errc::already_exists;
  };

  EXPECT_TRUE(refused(Expected::revision(Revision{0})));
  EXPECT_EQ(put(key, "m", "a", Expected::absent()), Revision{0});
  EXPECT_TRUE(refused(Expected::absent()));
  EXPECT_TRUE(refused(Expected::revision(Revision{1})));
  EXPECT_TRUE(refused(Expected::impossible()));
  EXPECT_EQ(put(key, "m", "b", Expected::revision(Revision{0})), Revision{1});
  EXPECT_EQ(text(key, "m"), "b");
  EXPECT_OK(store_->metadata().remove(key, "m", now(), Expected::revision(Revision{1})));
  EXPECT_EQ(text(key, "m"), "nothing");
}

TEST_F(MetadataTest, ChangesOnlyTheContentThatIsExpected) {
  const auto key = store_.add(make_dicom()).instance;
  constexpr Md5Sum kOfA{0x0c, 0xc1, 0x75, 0xb9, 0xc0, 0xf1, 0xb6, 0xa8,
                        0x31, 0xc3, 0x99, 0xe2, 0x69, 0x77, 0x26, 0x61};
  const auto seen = Expected::revision(Revision{0}, kOfA);
  put(key, "m", "b");

  EXPECT_EQ(store_->metadata().put(key, "m", "no", now(), seen).error().code, Errc::already_exists);
  EXPECT_EQ(store_->metadata().remove(key, "m", now(), seen).error().code, Errc::already_exists);
  EXPECT_OK(store_->metadata().remove(key, "m", now()));
  put(key, "m", "a");
  EXPECT_OK(store_->metadata().put(key, "m", "yes", now(), seen));
}

TEST_F(MetadataTest, IsCalledByTextOrANumberThatIsFree) {
  const auto key = store_.add(make_dicom()).instance;
  const auto code = [&](std::string_view name) {
    return store_->metadata().put(key, name, "x", now()).error().code;
  };

  for (const char* wrong :
       {"", "7", "1023", "65536", "99999999999999999999", "a/b", "a\nb", "\xFF"})
    EXPECT_EQ(code(wrong), Errc::invalid_argument) << wrong;
  EXPECT_EQ(code(std::string(65, 'n')), Errc::invalid_argument);
  for (const char* ours : {"LastUpdate", "ReceptionDate", "AnonymizedFrom", "Origin"})
    EXPECT_EQ(code(ours), Errc::denied) << ours;
  EXPECT_EQ(store_->metadata().put(key, "m", std::string((1 << 20) + 1, 'x'), now()).error().code,
            Errc::too_large);
  EXPECT_EQ(store_->metadata().put({Level::series, RowId{99}}, "m", "x", now()).error().code,
            Errc::not_found);
}

TEST_F(MetadataTest, IsAnyBytes) {
  const auto key = store_.add(make_dicom()).instance;
  const std::string bytes(
      "a\0\xff"
      "b",
      4);

  put(key, "m", bytes);

  EXPECT_EQ(TempStore::require(store_->metadata().get(key, "m"))->text, bytes);
  EXPECT_EQ(TempStore::require(store_->metadata().all(key)).at("m").text, bytes);
}

TEST_F(MetadataTest, TellsOfChanges) {
  const auto key = store_.add(make_dicom()).instance;
  const auto before = store_->changes().last();

  put(key, "m", "a");
  put(key, "m", "b");
  ASSERT_OK(store_->metadata().remove(key, "m", now()));
  ASSERT_OK(store_->metadata().remove(key, "m", now()));  // nothing happens

  const auto changes = TempStore::require(store_->changes().read(before, 10));
  ASSERT_EQ(changes.size(), 3u);
  for (const Change& change : changes) {
    EXPECT_EQ(change.type, ChangeType::updated_metadata);
    EXPECT_EQ(change.what, key);
  }
}

TEST_F(MetadataTest, TellsWhereAnInstanceCameFrom) {
  auto file = TempStore::require(spooled(
      *store_, make_dicom().sop_class(kCtImageStorage).set(tags::InstanceNumber, " 12 ").bytes()));
  const Added added = TempStore::require(store_->add(file, {.way = Origin::Way::dicom_protocol,
                                                            .remote_aet = "SCANNER",
                                                            .called_aet = "DCMFS",
                                                            .remote_ip = "192.0.2.7"}));
  const auto key = added.instance;

  EXPECT_EQ(text(key, "Origin"), "DicomProtocol");
  EXPECT_EQ(text(key, "RemoteAET"), "SCANNER");
  EXPECT_EQ(text(key, "CalledAET"), "DCMFS");
  EXPECT_EQ(text(key, "RemoteIP"), "192.0.2.7");
  EXPECT_EQ(text(key, "HttpUsername"), "nothing");
  EXPECT_EQ(text(key, "HttpHost"), "nothing");
  EXPECT_EQ(text(key, "IndexInSeries"), "12");
  EXPECT_EQ(text(key, "TransferSyntax"), uids::ExplicitVRLittleEndian);
  EXPECT_EQ(text(key, "SopClassUid"), kCtImageStorage);
  EXPECT_EQ(text(of(Level::series, added), "RemoteAET"), "SCANNER");
  EXPECT_EQ(text(of(Level::study, added), "RemoteAET"), "nothing");
  EXPECT_TRUE(std::regex_match(text(key, "ReceptionDate"), std::regex("\\d{8}T\\d{6}")));
  EXPECT_EQ(text(of(Level::study, added), "LastUpdate"), text(key, "ReceptionDate"));
  EXPECT_EQ(text(of(Level::patient, added), "LastUpdate"), text(key, "ReceptionDate"));
  EXPECT_TRUE(TempStore::require(store_->metadata().get(key, "Origin"))->is_the_stores);
}

TEST_F(MetadataTest, KnowsNothingOfAnOriginThatNobodyTold) {
  const auto key = store_.add(make_dicom()).instance;

  EXPECT_EQ(text(key, "Origin"), "Unknown");
  EXPECT_EQ(text(key, "RemoteAET"), "");
  EXPECT_EQ(text(key, "RemoteIP"), "nothing");
}

TEST_F(MetadataTest, TellsEveryWayByItsWord) {
  for (int i = 0; i <= static_cast<int>(Origin::Way::import); ++i) {
    const auto way = static_cast<Origin::Way>(i);
    auto file = TempStore::require(spooled(*store_, make_dicom().bytes()));
    const Added added = TempStore::require(store_->add(file, {.way = way, .http_host = "h"}));
    EXPECT_EQ(text(added.instance, "Origin"), name(way));
    EXPECT_EQ(text(added.instance, "HttpHost"), "h");
    EXPECT_EQ(text(added.instance, "HttpUsername"), way == Origin::Way::rest_api ? "" : "nothing");
  }
}

TEST_F(MetadataTest, TellsHowManyInstancesASeriesSaysItHas) {
  const Added added = store_.add(make_dicom().set(tags::CardiacNumberOfImages, "20"));
  const Added other = store_.add(make_dicom());

  EXPECT_EQ(text(of(Level::series, added), "ExpectedNumberOfInstances"), "20");
  EXPECT_EQ(text(of(Level::series, other), "ExpectedNumberOfInstances"), "nothing");
}

TEST_F(MetadataTest, TellsWhatAResourceWasMadeOf) {
  const Added source = store_.add(make_dicom()), made = store_.add(make_dicom());
  const auto study = of(Level::study, made);
  const auto source_id = TempStore::require(store_->get(of(Level::study, source))).id;

  ASSERT_OK(store_->metadata().set_source({{{study, source_id}, {made.instance, source.id}}},
                                          Metadata::Made::anonymized));

  EXPECT_EQ(text(study, "AnonymizedFrom"), source_id.str());
  EXPECT_EQ(text(made.instance, "AnonymizedFrom"), source.id.str());
  EXPECT_TRUE(TempStore::require(store_->metadata().get(study, "AnonymizedFrom"))->is_the_stores);
  EXPECT_EQ(text(study, "ModifiedFrom"), "nothing");
}

TEST_F(MetadataTest, GoesWithItsResource) {
  const Added added = store_.add(make_dicom().instance("1.2.3"));
  put(of(Level::study, added), "m", "x");

  ASSERT_OK(store_->remove(added.instance));
  const Added again = store_.add(make_dicom().instance("1.2.3"));

  EXPECT_EQ(text(of(Level::study, again), "m"), "nothing");
}

}  // namespace
}  // namespace dcmfs
