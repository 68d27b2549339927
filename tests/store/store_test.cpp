#include "store/store.h"

#include <algorithm>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include "store/attributes.h"
#include "store/detail/folders.h"
#include "tests/support/manifest.h"
#include "tests/support/temp_store.h"

namespace dcmfs {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::string stored_bytes(Store& store, RowId row) {
  const auto blob = TempStore::require(store.open_file(row));
  std::string bytes(static_cast<std::size_t>(blob.size()), '\0');
  const auto read = blob.read(0, std::as_writable_bytes(std::span(bytes)));
  bytes.resize(TempStore::require(read));
  return bytes;
}

std::int64_t instances(Store& store) {
  return TempStore::require(store.statistics()).instances;
}

DicomBuilder instance(std::string_view uid) {
  return make_dicom().instance(uid);
}

TEST(Store, OneArrivalMayReplaceWhereOthersMayNot) {
  TempStore store;
  auto dicom = instance("1.2.3").modality("CT");
  store.add(dicom);
  auto file = TempStore::require(spooled(*store, dicom.modality("MR").bytes()));

  ASSERT_OK(store->add(file, {}, Overwrite::if_changed));

  EXPECT_EQ(instances(*store), 1);
  EXPECT_EQ(store.try_add(dicom.modality("PT")).error().code, Errc::already_exists);
}

TEST(Store, TellsWhatTheFirstInstanceSaysWhenItIsReadAgain) {
  TempStore store;
  auto dicom = make_dicom().set(tags::StudyDescription, "before");
  store.add(dicom);
  store.add(dicom.instance("1.2.3.4"));
  auto file =
      TempStore::require(spooled(*store, dicom.set(tags::StudyDescription, "after").bytes()));
  ASSERT_OK(store->add(file, {}, Overwrite::always));
  const auto resource = [&] {
    std::vector<Resource> all;
    EXPECT_OK(store->find(Query(), [&](const Resource& one) { return all.push_back(one), true; }));
    return all.at(0);
  };
  const auto description = [&] { return resource().attributes.at(tags::StudyDescription); };
  EXPECT_EQ(description(), "before") << "the first instance has not been replaced";

  ASSERT_OK(store->reread(resource().key));
  EXPECT_EQ(description(), "before");
  const RowId first = TempStore::require(store->first_instance(resource().key));
  ASSERT_OK(store->remove({Level::instance, first}));
  ASSERT_OK(store->reread(resource().key));

  EXPECT_EQ(description(), "after");
}

TEST(Store, TheFirstInstanceIsTheOneThatCameFirst) {
  TempStore store;
  const auto of = [&](std::string_view series, std::string_view uid) {
    return store.add(make_dicom().study("1.2.3").series(series).instance(uid)).instance;
  };
  const Key first = of("1.2.3.1", "1"), second = of("1.2.3.2", "2"), third = of("1.2.3.1", "3");
  const Key series = TempStore::require(store->entry(first)).parent;
  const Key study = TempStore::require(store->entry(series)).parent;
  const Key patient = TempStore::require(store->entry(study)).parent;
  const auto first_of = [&](Key key) { return TempStore::require(store->first_instance(key)); };
  for (const Key key : {patient, study, series, first}) EXPECT_EQ(first_of(key), first.row);

  ASSERT_OK(store->remove(first));
  EXPECT_EQ(first_of(patient), second.row) << "of another series, which is newer";
  EXPECT_EQ(first_of(study), second.row);
  EXPECT_EQ(first_of(series), third.row);

  ASSERT_OK(store->remove(third));
  EXPECT_EQ(store->first_instance(series).error().code, Errc::not_found);
}

TEST(Store, ReadingAgainIsAChangeOfAllThatItConcerns) {
  TempStore store;
  const auto in_series = [](std::string_view uid) {
    return make_dicom().study("1.2.3").series(uid);
  };
  store.add(in_series("1.2.3.1"));
  const Key other = store.add(in_series("1.2.3.2")).instance;
  const Key series = TempStore::require(store->entry(other)).parent;
  const auto reread_since = [&](std::int64_t seq) {
    std::vector<Key> keys;
    for (const auto& change : TempStore::require(store->changes().read(seq, 100))) {
      EXPECT_EQ(change.type, ChangeType::reread);
      keys.push_back(change.what);
    }
    std::sort(keys.begin(), keys.end());
    keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
    return keys;
  };
  const Key above = TempStore::require(store->entry(series)).parent;
  const Key patient = TempStore::require(store->entry(above)).parent;

  auto seq = store->changes().last();
  ASSERT_OK(store->reread(series));
  EXPECT_EQ(reread_since(seq), (std::vector{patient, above, series}));

  seq = store->changes().last();
  ASSERT_OK(store->reread(above));
  EXPECT_EQ(reread_since(seq).size(), 4u) << "both series, and what is above them";
}

TEST(Store, GivesBackTheBytesThatItWasGiven) {
  TempStore store;
  const std::string bytes = make_dicom().pixels(4, 5, 16).bytes();

  const Added added = store.add(bytes);

  EXPECT_FALSE(added.existed);
  EXPECT_EQ(stored_bytes(*store, added.instance.row), bytes);
}

TEST(Store, HasWhatWasAddedAfterReopening) {
  TempStore store;
  const Added added = store.add(make_dicom());

  store.reopen();

  EXPECT_EQ(TempStore::require(store->key(Level::instance, added.id)), added.instance);
  EXPECT_OK(store->open_file(added.instance.row));
}

TEST(Store, KeepsFilesForItsOwnerOnly) {
  TempStore store;
  const Added added = store.add(make_dicom());

  struct stat root {
  }, blob{};
  ::stat(store.root().c_str(), &root);
  ::stat(detail::Folders(store.root()).blob(added.instance.row).c_str(), &blob);

  EXPECT_EQ(root.st_mode & 0777, 0700u);
  EXPECT_EQ(blob.st_mode & 0777, 0600u);
}

TEST(Store, AddingTheSameBytesAgainChangesNothing) {
  TempStore store;
  const std::string bytes = make_dicom().bytes();
  const Added first = store.add(bytes);
  const auto before = store->changes().last();

  const Added again = store.add(bytes);

  EXPECT_TRUE(again.existed);
  EXPECT_EQ(again.instance, first.instance);
  EXPECT_EQ(store->changes().last(), before);
}

TEST(Store, RefusesOtherBytesUnderAStoredUidAndLeavesTheSpoolFile) {
  TempStore store;
  auto dicom = instance("1.2.3");
  const Added first = store.add(dicom);
  auto file = TempStore::require(spooled(*store, dicom.pixels(2, 2, 8).bytes()));

  const auto refused = store->add(file);

  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::already_exists);
  EXPECT_TRUE(std::filesystem::exists(file.path()));
  EXPECT_OK(store->open_file(first.instance.row));
  EXPECT_EQ(instances(*store), 1);
}

TEST(Store, ReplacesChangedBytesUnderANewRowIfAsked) {
  TempStore store(StoreOptions{.overwrite = Overwrite::if_changed});
  auto dicom = instance("1.2.3");
  const Added first = store.add(dicom);
  const std::string changed = dicom.pixels(2, 2, 8).bytes();

  const Added second = store.add(changed);

  EXPECT_FALSE(second.existed);
  EXPECT_NE(second.instance, first.instance);
  EXPECT_EQ(second.id, first.id);
  EXPECT_EQ(stored_bytes(*store, second.instance.row), changed);
  EXPECT_FALSE(store->open_file(first.instance.row));
  EXPECT_EQ(instances(*store), 1);
}

TEST(Store, IfChangedKeepsEqualBytes) {
  TempStore store(StoreOptions{.overwrite = Overwrite::if_changed});
  const std::string bytes = make_dicom().bytes();
  const Added first = store.add(bytes);

  const Added second = store.add(bytes);

  EXPECT_TRUE(second.existed);
  EXPECT_EQ(second.instance, first.instance);
}

TEST(Store, AlwaysReplacesEqualBytesToo) {
  TempStore store(StoreOptions{.overwrite = Overwrite::always});
  const std::string bytes = make_dicom().bytes();
  const Added first = store.add(bytes);

  const Added second = store.add(bytes);

  EXPECT_NE(second.instance, first.instance);
  EXPECT_EQ(instances(*store), 1);
}

TEST(Store, TheSameUidOfTwoPatientsIsTwoInstances) {
  TempStore store;
  const Added one = store.add(instance("1.2.3").study("1.1").series("1.2").patient("A", "DOE"));
  const Added two = store.add(instance("1.2.3").study("1.1").series("1.2").patient("B", "DOE"));

  EXPECT_NE(one.instance, two.instance);
  EXPECT_NE(one.id, two.id);
  EXPECT_EQ(instances(*store), 2);
}

struct Refusal {
  const char* what;
  std::string bytes;
  Errc code;
};

TEST(Store, RefusesWhatIsNoInstanceAndSaysWhy) {
  const std::string whole = make_dicom().pixels(8, 8, 16).bytes();
  const Refusal refusals[] = {
      {"", "this is no DICOM file, however long it may be, and has no tags at all",
       Errc::not_dicom},
      {"StudyInstanceUID", make_dicom().study("../../etc").bytes(), Errc::corrupt},
      {"SeriesInstanceUID", make_dicom().series("1.2\n3").bytes(), Errc::corrupt},
      {"SOPInstanceUID", make_dicom().instance(std::string(200, '1')).bytes(), Errc::corrupt},
      {"ends inside", whole.substr(0, whole.size() - 20), Errc::corrupt},
  };
  TempStore store;
  for (const Refusal& refusal : refusals) {
    const auto refused = store.try_add(refusal.bytes);

    ASSERT_FALSE(refused) << refusal.what;
    EXPECT_EQ(refused.error().code, refusal.code) << refused.error().message;
    EXPECT_THAT(refused.error().message, testing::HasSubstr(refusal.what));
  }
  EXPECT_EQ(instances(*store), 0);
}

TEST(Store, RefusesADicomdir) {
  const auto data = shared_data();
  if (!data) GTEST_SKIP() << "the shared test data is missing";
  TempStore store;
  int seen = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(*data / "dicomdir")) {
    if (entry.path().filename() != "DICOMDIR") continue;
    ++seen;

    const auto refused = store.try_add(read_whole_file(entry.path()));

    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Errc::invalid_argument) << refused.error().message;
  }
  EXPECT_GT(seen, 0);
}

TEST(Store, KeepsEveryByteOfTheTestDataOrRefusesTheFileForItsContent) {
  const auto files = manifest();
  if (files.empty()) GTEST_SKIP() << "the shared test data is missing";
  constexpr std::uintmax_t kLargest = 300 << 10;  // for the time it takes
  TempStore store;
  for (const ManifestRow& row : files) {
    if (std::filesystem::file_size(row.file) > kLargest) continue;
    SCOPED_TRACE(row["path"]);
    const std::string bytes = read_whole_file(row.file);

    const auto added = store.try_add(bytes);

    if (added) {
      EXPECT_EQ(stored_bytes(*store, added->instance.row), bytes);
    } else {
      EXPECT_THAT(added.error().code,
                  testing::AnyOf(Errc::not_dicom, Errc::corrupt, Errc::invalid_argument,
                                 Errc::already_exists, Errc::too_large))
          << added.error().message;
    }
  }
  EXPECT_GT(instances(*store), 100);
}

TEST(Store, KeepsInstancesThatBelongToNoStudy) {
  TempStore store;
  const auto palette = [] {
    return make_dicom().erase(tags::StudyInstanceUID).erase(tags::SeriesInstanceUID);
  };

  const Added first = store.add(palette()), second = store.add(palette());

  EXPECT_EQ(first.uids.study, "");
  EXPECT_NE(first.id, second.id);
  EXPECT_EQ(instances(*store), 2);
  EXPECT_EQ(store->statistics()->series, 1);
}

TEST(Store, AnInstanceThatDoesNotSayWhichItIsIsTheOneOfItsBytes) {
  const std::string unnamed =
      make_dicom().erase(tags::SOPInstanceUID).set(tags::InstanceNumber, "1").bytes();
  TempStore store;

  const auto first = store.try_add(unnamed), again = store.try_add(unnamed);

  ASSERT_OK(first);
  ASSERT_OK(again);
  EXPECT_TRUE(again->existed);
  EXPECT_EQ(first->id, again->id);
}

TEST(Store, AMissingPatientIdIsAnEmptyOne) {
  TempStore store;

  const Added added = store.add(make_dicom().erase(tags::PatientID));

  EXPECT_EQ(added.uids.patient_id, "");
}

TEST(Store, RemovingAStudyRemovesItsFilesAndItsEmptyPatient) {
  TempStore store;
  const Added one = store.add(make_dicom().patient("A", "DOE").study("1.1").series("1.1.1"));
  const Added two = store.add(make_dicom().patient("A", "DOE").study("1.1").series("1.1.2"));
  const Added other = store.add(make_dicom().patient("B", "DOE"));
  const Key study =
      TempStore::require(store->key(Level::study, ResourceId::of(Level::study, one.uids)));

  ASSERT_OK(store->remove(study));

  EXPECT_EQ(store->open_file(one.instance.row).error().code, Errc::not_found);
  EXPECT_EQ(store->open_file(two.instance.row).error().code, Errc::not_found);
  EXPECT_OK(store->open_file(other.instance.row));
  EXPECT_EQ(TempStore::require(store->statistics()).patients, 1);
}

TEST(Store, RemovingWhatIsNotThereIsNoError) {
  TempStore store;
  const Added added = store.add(make_dicom());
  ASSERT_OK(store->remove(added.instance));

  EXPECT_OK(store->remove(added.instance));
  EXPECT_OK(store->remove({Level::patient, RowId{4711}}));
}

TEST(Store, AnOpenBlobStaysReadableAfterTheRemoval) {
  TempStore store;
  const std::string bytes = make_dicom().bytes();
  const Added added = store.add(bytes);
  const auto blob = TempStore::require(store->open_file(added.instance.row));

  ASSERT_OK(store->remove(added.instance));

  std::string read(bytes.size(), '\0');
  EXPECT_EQ(TempStore::require(blob.read(0, std::as_writable_bytes(std::span(read)))),
            bytes.size());
  EXPECT_EQ(read, bytes);
}

TEST(Store, TheTrashKeepsTheBytesForAWeek) {
  TempStore store;
  const std::string bytes = make_dicom().bytes();
  const Added added = store.add(bytes);

  ASSERT_OK(store->remove(added.instance, Store::Removal::to_trash));

  const auto in_trash = [&] {
    std::vector<std::string> contents;
    for (const auto& e : std::filesystem::recursive_directory_iterator(store.root() / "trash")) {
      if (e.is_regular_file()) contents.push_back(read_whole_file(e.path()));
    }
    return contents;
  };
  EXPECT_FALSE(store->open_file(added.instance.row));
  EXPECT_THAT(in_trash(), ElementsAre(bytes));
  ASSERT_OK(store->expire(now() + std::chrono::days(6)));
  EXPECT_THAT(in_trash(), ElementsAre(bytes));
  ASSERT_OK(store->expire(now() + std::chrono::days(9)));
  EXPECT_THAT(in_trash(), IsEmpty());
}

TEST(Store, StopsAtItsMaximumSizeAndGoesOnAfterARemoval) {
  const std::string first = make_dicom().pixels(64, 64, 16).bytes();
  TempStore store(StoreOptions{.size_max_bytes = static_cast<std::int64_t>(first.size()) + 100});
  const Added added = store.add(first);

  const auto refused = store.try_add(make_dicom().pixels(64, 64, 16));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::over_quota);

  ASSERT_OK(store->remove(added.instance));
  EXPECT_OK(store.try_add(make_dicom().pixels(64, 64, 16)));
}

TEST(Store, ReadOnlyMakesAndChangesNothing) {
  TempStore store;
  const Added added = store.add(make_dicom());
  store.reopen(StoreOptions{.read_only = true});

  EXPECT_OK(store->open_file(added.instance.row));
  EXPECT_EQ(store->spool().error().code, Errc::denied);
  EXPECT_EQ(store->remove(added.instance).error().code, Errc::denied);
}

TEST(Store, ReadOnlyDoesNotMakeAStore) {
  TempFolder folder;

  EXPECT_FALSE(Store::open(folder / "none", StoreOptions{.read_only = true}));

  EXPECT_FALSE(std::filesystem::exists(folder / "none"));
}

// In implicit VR a private attribute is UN; what is searched there is text, as a C-FIND does it.
TEST(Store, FindsByAPrivateAttributeWithoutItsVr) {
  constexpr Tag kPrivate{0x0029, 0x1001};
  TempStore store;
  store.add(make_dicom()
                .set_bytes({0x0029, 0x0010}, Vr::LO, "ACME")
                .set_bytes(kPrivate, Vr::LO, "4711")
                .in(uids::ImplicitVRLittleEndian));
  Query query;
  query.level = Level::instance;
  query.where.push_back({kPrivate, TempStore::require(Matcher::parse(Vr::LO, "47*"))});

  EXPECT_EQ(TempStore::require(store->count(query)), 1);
}

TEST(Store, FindsByAnAttributeThatTheIndexDoesNotKeep) {
  constexpr Tag kNotKept{0x0018, 0x1250};  // ReceiveCoilName
  ASSERT_EQ(find_attribute(kNotKept), nullptr);
  TempStore store;
  for (int i = 0; i < 6; ++i) {
    store.add(make_dicom().set(kNotKept, i % 2 ? "odd" : "even"));
  }
  Query query;
  query.level = Level::instance;
  query.where.push_back({kNotKept, TempStore::require(Matcher::parse(kNotKept, "od*"))});
  query.offset = 1;
  query.limit = 1;

  std::vector<std::string> found;
  ASSERT_OK(store->find(query, [&](const Resource& resource) {
    found.push_back(std::to_string(value(resource.key.row)));
    return true;
  }));

  EXPECT_THAT(found, ElementsAre("4"));
}

TEST(Store, FindsStudiesByAnAttributeThatTheIndexDoesNotKeep) {
  constexpr Tag kNotKept{0x0018, 0x1250};  // ReceiveCoilName
  TempStore store;
  store.add(make_dicom().study("1.1").set(kNotKept, "phantom"));
  store.add(make_dicom().study("1.2"));
  Query query;
  query.where.push_back({kNotKept, TempStore::require(Matcher::parse(kNotKept, "phantom"))});

  std::vector<std::string> found;
  ASSERT_OK(store->find(query, [&](const Resource& resource) {
    found.push_back(resource.uids.study);
    return true;
  }));

  EXPECT_THAT(found, ElementsAre("1.1"));
}

TEST(Store, TwoProcessesWorthOfStoresSeeEachOther) {
  TempStore store;
  auto other = TempStore::require(Store::open(store.root()));

  const Added mine = store.add(make_dicom());
  const Added theirs = TempStore::require(add_bytes(*other, make_dicom().bytes()));

  EXPECT_NE(mine.instance, theirs.instance);
  EXPECT_OK(store->open_file(theirs.instance.row));
  EXPECT_EQ(TempStore::require(other->key(Level::instance, mine.id)), mine.instance);
}

// A file system of 4 MiB.
class SmallDisk {
 public:
  SmallDisk() { mounted_ = ::mount("tmpfs", path().c_str(), "tmpfs", 0, "size=4m") == 0; }
  ~SmallDisk() {
    if (mounted_) ::umount2(path().c_str(), MNT_DETACH);
  }
  bool mounted() const { return mounted_; }
  const std::filesystem::path& path() const { return folder_.path(); }

 private:
  TempFolder folder_;
  bool mounted_ = false;
};

TEST(Store, AFullDiskIsAnErrorUntilThereIsRoomAgain) {
  SmallDisk disk;
  if (!disk.mounted()) GTEST_SKIP() << "mounting a tmpfs is not permitted";
  const auto ballast = disk.path() / "ballast";
  std::ofstream(ballast) << std::string(2 << 20, 'x');
  auto store = TempStore::require(Store::open(disk.path() / "store"));

  Result<Added> last = add_bytes(*store, make_dicom().pixels(100, 100, 16).bytes());
  int stored = 0;
  while (last && stored < 1000) {
    ++stored;
    last = add_bytes(*store, make_dicom().pixels(100, 100, 16).bytes());
  }
  ASSERT_FALSE(last);
  EXPECT_EQ(last.error().code, Errc::no_space) << last.error().message;
  EXPECT_GT(stored, 5);

  std::filesystem::remove(ballast);
  EXPECT_OK(add_bytes(*store, make_dicom().pixels(100, 100, 16).bytes()));
  EXPECT_EQ(instances(*store), stored + 1);
}

}  // namespace
}  // namespace dcmfs
