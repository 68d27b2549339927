#include <set>

#include <gmock/gmock.h>

#include "store/detail/sqlite.h"
#include "store/entry_names.h"
#include "tests/store/index_fixture.h"

namespace dcmfs::detail {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class IndexViews : public IndexTest {
 protected:
  std::vector<std::string> folders(View view, Place place = {}) {
    std::vector<std::string> names;
    for (const Folder& folder : require(index_->folders(view, place))) names.push_back(folder.name);
    return names;
  }
  // Page by page, two at a time.
  std::vector<std::string> links(View view, Place place = {}) {
    std::vector<std::string> names;
    for (RowId after{0};;) {
      const auto page = require(index_->links(view, place, after, 2));
      if (page.empty()) return names;
      for (const Link& link : page) names.push_back(link.name);
      after = page.back().target.row;
    }
  }
  // Follows the folders of these names.
  Place place(View view, std::initializer_list<std::string_view> path) {
    Place at;
    for (const auto name : path)
      for (const Folder& folder : require(index_->folders(view, at)))
        if (folder.name == name) at = folder.place;
    return at;
  }
  Key study(const std::string& patient, const std::string& uid, int date, const std::string& link) {
    return at(Level::study, add(InstanceBuilder(patient, uid, uid + ".1", uid + ".1.1")
                                    .dates(date, date)
                                    .links(link, link)));
  }
};

TEST_F(IndexViews, OfStudiesHaveYearsMonthsAndDays) {
  study("P", "1", 20040119, "one");
  study("Q", "2", 20040119, "two");
  study("P", "3", 20040131, "three");
  study("P", "4", 20041201, "four");
  study("P", "5", 19991231, "five");
  study("P", "6", 0, "six");

  EXPECT_THAT(folders(View::studies), ElementsAre("1999", "2004", "NoDate"));
  EXPECT_THAT(folders(View::studies, {0, 2004}), ElementsAre("01", "12"));
  EXPECT_THAT(folders(View::studies, {0, 200401}), ElementsAre("19", "31"));
  EXPECT_THAT(folders(View::studies, {0, 20040119}), IsEmpty());
  EXPECT_THAT(folders(View::studies, {0, Place::kNoDate}), IsEmpty());
  EXPECT_THAT(links(View::studies, place(View::studies, {"2004", "01", "19"})),
              ElementsAre("one", "two"));
  EXPECT_THAT(links(View::studies, place(View::studies, {"NoDate"})), ElementsAre("six"));
  EXPECT_THAT(links(View::studies, {0, 2004}), IsEmpty());
}

// 0001-01-01 is how .NET says that there is none.
TEST_F(IndexViews, OfADateBeforeTheYear1000HaveNone) {
  study("P", "1", 10101, "one");
  study("P", "2", 9991231, "two");
  study("P", "3", 101, "three");
  study("P", "4", 10000101, "four");

  EXPECT_THAT(folders(View::studies), ElementsAre("1000", "NoDate"));
  EXPECT_THAT(links(View::studies, place(View::studies, {"NoDate"})),
              ElementsAre("one", "two", "three"));
  EXPECT_THAT(links(View::studies, place(View::studies, {"1000", "01", "01"})),
              ElementsAre("four"));
  EXPECT_THAT(folders(View::series, place(View::series, {"CT"})), ElementsAre("1000", "NoDate"));
  EXPECT_THAT(links(View::series, place(View::series, {"CT", "NoDate"})),
              ElementsAre("one", "two", "three"));
}

TEST_F(IndexViews, OfAnIndexThatKnewEarlyDatesLoseThem) {
  study("P", "1", 0, "one");
  study("P", "2", 0, "two");
  study("P", "3", 20040119, "three");
  const auto early = study("P", "4", 20040119, "one");
  index_.reset();
  require(require(Connection::open(file(), Connection::Access::read_write))
              ->script("UPDATE study SET place = 10101 WHERE link IN ('two', 'one') AND id > 1;"
                       " UPDATE series SET place = 101 WHERE link IN ('two', 'one') AND id > 1"));

  open();

  const auto told = "one ~" + std::to_string(value(early.row));
  EXPECT_THAT(folders(View::studies), ElementsAre("2004", "NoDate"));
  EXPECT_THAT(links(View::studies, {0, Place::kNoDate}), ElementsAre("one", "two", told));
  EXPECT_OK(index_->link_named(View::studies, {0, Place::kNoDate}, told));
  EXPECT_THAT(links(View::series, place(View::series, {"CT", "NoDate"})),
              ElementsAre("one", "two", told));
}

TEST_F(IndexViews, OfSeriesHaveModalitiesYearsAndMonths) {
  add(InstanceBuilder("P", "1", "1.1", "1.1.1").modality("MR").dates(0, 20040119).links("s", "a"));
  add(InstanceBuilder("P", "1", "1.2", "1.2.1").modality("CT").dates(0, 20040131).links("s", "b"));
  add(InstanceBuilder("P", "1", "1.3", "1.3.1").modality("CT").dates(0, 20040101).links("s", "c"));
  add(InstanceBuilder("P", "1", "1.4", "1.4.1").modality("CT").dates(0, 0).links("s", "d"));

  EXPECT_THAT(folders(View::series), ElementsAre("CT", "MR"));
  const Place ct{require(index_->modality("CT")), 0};
  EXPECT_THAT(folders(View::series, ct), ElementsAre("2004", "NoDate"));
  EXPECT_THAT(folders(View::series, {ct.modality, 2004}), ElementsAre("01"));
  EXPECT_THAT(links(View::series, place(View::series, {"CT", "2004", "01"})),
              ElementsAre("b", "c"));
  EXPECT_THAT(links(View::series, place(View::series, {"CT", "NoDate"})), ElementsAre("d"));
  EXPECT_THAT(links(View::series, place(View::series, {"MR", "2004", "01"})), ElementsAre("a"));
}

TEST_F(IndexViews, LoseAModalityWithItsLastSeries) {
  const auto mr = add(InstanceBuilder("P", "1", "1.1", "1.1.1").modality("MR"));
  add(InstanceBuilder("P", "1", "1.2", "1.2.1").modality("CT"));
  const auto before = require(index_->modality("MR"));

  remove(at(Level::series, mr));

  EXPECT_THAT(folders(View::series), ElementsAre("CT"));
  EXPECT_EQ(index_->modality("MR").error().code, Errc::not_found);
  add(InstanceBuilder("P", "1", "1.3", "1.3.1").modality("MR"));
  EXPECT_EQ(require(index_->modality("MR")), before);
}

TEST_F(IndexViews, TellLinksOfOneNameApartPerDate) {
  study("P", "1", 20040119, "DOE^JOHN CT");
  study("Q", "2", 20040119, "Doe^John ct");
  study("R", "3", 20040120, "DOE^JOHN CT");

  const auto id = ResourceId::of(Level::study, {"Q", "2", "", ""}).str();
  EXPECT_THAT(links(View::studies, {0, 20040119}),
              ElementsAre("DOE^JOHN CT", told_apart("Doe^John ct", id, 0)));
  EXPECT_THAT(links(View::studies, {0, 20040120}), ElementsAre("DOE^JOHN CT"));
}

TEST_F(IndexViews, TellLinksOfOneUidUnderManyPatientsApart) {
  for (const auto* patient : {"P", "Q", "R"}) study(patient, "1", 20040119, "same");

  const auto names = links(View::studies, {0, 20040119});
  EXPECT_EQ(std::set(names.begin(), names.end()).size(), 3u);
}

TEST_F(IndexViews, OfInstancesAreTheirUids) {
  const auto first = add(InstanceBuilder("P", "1", "1.1", "1.1.1"));
  const auto second = add(InstanceBuilder("Q", "1", "1.1", "1.1.1"));
  const auto third = add(InstanceBuilder("R", "1", "1.1", "1.1.1"));

  const auto names = links(View::instances);
  ASSERT_EQ(names.size(), 3u);
  EXPECT_EQ(names[0], "1.1.1");
  EXPECT_EQ(std::set(names.begin(), names.end()).size(), 3u);
  EXPECT_EQ(require(index_->link_named(View::instances, {}, names[0])).target, first);
  EXPECT_EQ(require(index_->link_named(View::instances, {}, names[1])).target, second);
  EXPECT_EQ(require(index_->link_named(View::instances, {}, names[2])).target, third);
}

TEST_F(IndexViews, FindAnInstanceToldApartWhenTheOtherIsGone) {
  const auto first = add(InstanceBuilder("P", "1", "1.1", "1.1.1"));
  add(InstanceBuilder("Q", "1", "1.1", "1.1.1"));
  const auto names = links(View::instances);

  remove(first);

  EXPECT_THAT(links(View::instances), ElementsAre(names[1]));
  EXPECT_EQ(index_->link_named(View::instances, {}, "1.1.1").error().code, Errc::not_found);
}

TEST_F(IndexViews, FindEveryLinkThatTheyList) {
  study("P", "1", 20040119, "one");
  study("P", "2", 20040119, "ÄÖ");
  study("P", "3", 0, "three");

  for (const View view : {View::studies, View::series, View::instances, View::recent}) {
    std::vector<Place> places{{}};
    for (std::size_t i = 0; i < places.size(); ++i) {
      const auto below = require(index_->folders(view, places[i]));
      for (const Folder& folder : below) places.push_back(folder.place);
      for (const Link& link : require(index_->links(view, places[i], RowId{0}, 100))) {
        const auto found = index_->link_named(view, places[i], link.name);
        ASSERT_OK(found) << link.name;
        EXPECT_EQ(found->target, link.target);
        EXPECT_EQ(found->received, link.received);
      }
    }
  }
}

TEST_F(IndexViews, FindNoLinkOfAnotherSpelling) {
  study("P", "1", 20040119, "Äpfel");

  EXPECT_OK(index_->link_named(View::studies, {0, 20040119}, "Äpfel"));
  for (const auto* other : {"äpfel", "Apfel", "Äpfel "})
    EXPECT_FALSE(index_->link_named(View::studies, {0, 20040119}, other).ok()) << other;
  EXPECT_FALSE(index_->link_named(View::studies, {0, 20040120}, "Äpfel").ok());
}

TEST_F(IndexViews, OfRecentStudiesAreNewestFirstWithTheirDates) {
  study("P", "1", 20040119, "one");
  study("P", "2", 0, "two");
  study("P", "3", 19990203, "three");

  EXPECT_THAT(links(View::recent), ElementsAre("1999-02-03 three", "NoDate two", "2004-01-19 one"));
}

TEST_F(IndexViews, OfRecentStudiesAreNoMoreThanTheLatest) {
  auto batch = require(index_->begin());
  for (int i = 0; i < kRecentMax + 5; ++i) {
    const auto uid = std::to_string(i);
    require(batch.insert(InstanceBuilder("P", uid, uid + ".1", uid + ".1.1").links(uid, uid)));
  }
  require(batch.commit());

  const auto names = links(View::recent);
  ASSERT_EQ(names.size(), static_cast<std::size_t>(kRecentMax));
  EXPECT_EQ(names.front(), "2004-01-19 " + std::to_string(kRecentMax + 4));
  EXPECT_FALSE(index_->link_named(View::recent, {}, "2004-01-19 4").ok());
  EXPECT_OK(index_->link_named(View::recent, {}, "2004-01-19 5"));
}

using IndexEntries = IndexTest;

TEST_F(IndexEntries, AreListedInOrderOfArrival) {
  add(InstanceBuilder("Q", "1", "1.1", "1.1.1").names("B", "z", "s"));
  add(InstanceBuilder("P", "1", "1.1", "1.1.1").names("A", "y", "s"));

  std::vector<std::string> names;
  for (const Entry& entry : require(index_->entries(std::nullopt, RowId{0}, 100)))
    names.push_back(entry.name);
  EXPECT_THAT(names, ElementsAre("B", "A"));
}

TEST_F(IndexEntries, CanBePagedWhileOthersComeAndGo) {
  std::vector<Key> keys;
  for (int i = 0; i < 10; ++i)
    keys.push_back(add(InstanceBuilder("P", "1", "1.1", "1.1." + std::to_string(i)).name("")));
  const Key series = at(Level::series, keys[0]);

  std::vector<RowId> seen;
  for (RowId after{0};;) {
    const auto page = require(index_->entries(series, after, 3));
    if (page.empty()) break;
    for (const Entry& entry : page) seen.push_back(entry.key.row);
    after = page.back().key.row;
    if (seen.size() == 3) {
      remove(keys[2]);  // the cursor itself
      remove(keys[4]);
      add(InstanceBuilder("P", "1", "1.1", "1.1.77").name(""));
    }
  }

  std::vector<RowId> expected;
  for (std::size_t i = 0; i < keys.size(); ++i)
    if (i != 4) expected.push_back(keys[i].row);
  expected.push_back(RowId{value(keys.back().row) + 1});
  EXPECT_EQ(seen, expected);
}

TEST_F(IndexEntries, AreFoundByTheirNamesAndNoOther) {
  const auto instance = add(InstanceBuilder("P", "1", "1.1", "1.1.1").names("Müller", "CT", "s"));
  const auto patient = at(Level::patient, instance);
  const auto study = at(Level::study, instance);

  EXPECT_EQ(require(index_->entry_named(std::nullopt, "Müller")).key, patient);
  EXPECT_EQ(require(index_->entry_named(patient, "CT")).key, study);
  EXPECT_EQ(require(index_->entry_named(at(Level::series, instance), "0001")).key, instance);
  EXPECT_EQ(index_->entry_named(std::nullopt, "MÜLLER").error().code, Errc::not_found);
  EXPECT_EQ(index_->entry_named(std::nullopt, "Muller").error().code, Errc::not_found);
  EXPECT_EQ(index_->entry_named(study, "CT").error().code, Errc::not_found);
}

TEST_F(IndexEntries, OfASeriesAreListedByNameToo) {
  for (const char* name : {"0003", "0001", "0002~k7qd", "0010", "0002"})
    add(InstanceBuilder("P", "1", "1.1", std::string("1.1.") + name[3] + (name[4] ? "1" : ""))
            .name(name));
  add(InstanceBuilder("P", "1", "1.2", "1.2.1").name("0004"));
  const auto series =
      at(Level::series, add(InstanceBuilder("P", "1", "1.1", "1.1.9").name("0009")));

  const auto names = [&](std::string_view after, std::size_t limit) {
    std::vector<std::string> out;
    for (const Entry& entry : require(index_->entries_by_name(series, after, limit)))
      out.push_back(entry.name);
    return out;
  };
  EXPECT_THAT(names("0001", 3), ElementsAre("0002", "0002~k7qd", "0003"));
  EXPECT_THAT(names("0003", 10), ElementsAre("0009", "0010"));
  EXPECT_THAT(names("0010", 10), IsEmpty());
  EXPECT_EQ(index_->entries_by_name({Level::study, series.row}, "", 1).error().code,
            Errc::invalid_argument);
}

TEST_F(IndexEntries, BelowAnInstanceAreNone) {
  const auto instance = add(InstanceBuilder("P", "1", "1.1", "1.1.1"));

  EXPECT_EQ(index_->entries(instance, RowId{0}, 10).error().code, Errc::invalid_argument);
}

TEST_F(IndexEntries, ShowTheNewestReceptionBelow) {
  using std::chrono::hours;
  const auto first = add(InstanceBuilder("P", "1", "1.1", "1.1.1"));
  add(InstanceBuilder("P", "1", "1.2", "1.2.1").at(kArrival + hours(2)));
  const auto last = add(InstanceBuilder("P", "2", "2.1", "2.1.1").at(kArrival + hours(3)));

  EXPECT_EQ(require(index_->entry(at(Level::series, first))).received, kArrival);
  EXPECT_EQ(require(index_->entry(at(Level::study, first))).received, kArrival + hours(2));
  EXPECT_EQ(require(index_->entry(at(Level::patient, first))).received, kArrival + hours(3));
  remove(last);
  EXPECT_EQ(require(index_->entry(at(Level::patient, first))).received, kArrival + hours(2));
}

}  // namespace
}  // namespace dcmfs::detail
