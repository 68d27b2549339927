// Every operation of the protocol, as the kernel would send it.
#include "tests/fs/wire.h"

#include <algorithm>
#include <functional>
#include <set>

#include <dirent.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "fs/node.h"

namespace dcmfs::fs {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::UnorderedElementsAre;

class WireTest : public testing::Test {
 protected:
  DicomBuilder dicom() {
    return make_dicom()
        .patient("12345678", "DOE^JOHN")
        .study("1.2.3")
        .series("1.2.3.4")
        .set(tags::InstanceNumber, "1")
        .set(tags::SeriesNumber, "2")
        .set(tags::SeriesDescription, "Routine Brain")
        .set(tags::StudyDate, "20040119")
        .set(tags::StudyDescription, "Brain")
        .set(tags::AccessionNumber, "A4711")
        .modality("CT")
        .pixels(4, 6, 16);
  }
  std::uint64_t series_folder() {
    return wire.find(
        {"patients", "DOE^JOHN [12345678]", "2004-01-19 CT Brain [A4711]", "002 CT Routine Brain"});
  }
  std::uint64_t in_study(std::string_view name) {
    return wire.find({"patients", "DOE^JOHN [12345678]", "2004-01-19 CT Brain [A4711]", name});
  }
  std::uint64_t incoming() { return wire.find({"incoming"}); }

  TempStore store;
  Wire wire{*store};
};

TEST_F(WireTest, TheRootListsItsFolders) {
  EXPECT_THAT(names_of(wire.list(FUSE_ROOT_ID)),
              ElementsAre("README.txt", "patients", "studies", "series", "instances", "recent",
                          "find", "incoming", "rejected", "worklists"));
}

TEST_F(WireTest, NamesFollowTheContract) {
  store.add(dicom());

  ASSERT_NE(series_folder(), 0u);
  EXPECT_THAT(names_of(wire.list(series_folder())),
              UnorderedElementsAre("series.json", "0001.dcm", "0001.json", "0001.png"));
}

TEST_F(WireTest, SizesAreExactBeforeTheFirstRead) {
  store.add(dicom());

  for (const auto& entry : wire.list(series_folder())) {
    EXPECT_EQ(entry.size, wire.read(entry.inode).size()) << entry.name;
  }
}

TEST_F(WireTest, TheDcmIsByteForByteWhatWasReceived) {
  const auto file = dicom();
  store.add(file);

  EXPECT_EQ(wire.read(wire.lookup(series_folder(), "0001.dcm").as<fuse_entry_out>().nodeid),
            file.bytes());
}

TEST_F(WireTest, ListingInSmallPartsGivesEveryNameOnce) {
  for (int i = 1; i <= 40; ++i) store.add(dicom().set(tags::InstanceNumber, std::to_string(i)));

  const auto all = names_of(wire.list(series_folder(), 600));

  EXPECT_EQ(all.size(), 40u * 3 + 1);
  EXPECT_EQ(std::set<std::string>(all.begin(), all.end()).size(), all.size());
}

TEST_F(WireTest, LinksOfTheViewsLeadToPatients) {
  store.add(dicom());

  const auto link = wire.find({"studies", "2004", "01", "19", "DOE^JOHN CT Brain [A4711]"});
  ASSERT_NE(link, 0u);
  EXPECT_EQ(wire.call(FUSE_READLINK, link, {}).bytes,
            "../../../../patients/DOE^JOHN [12345678]/2004-01-19 CT Brain [A4711]");
  EXPECT_EQ(wire.size_of(link), wire.call(FUSE_READLINK, link, {}).bytes.size());
}

TEST_F(WireTest, AStudyWithoutDateIsUnderNoDate) {
  store.add(dicom().study("1.2.99").erase(tags::StudyDate));

  const auto folder = wire.find({"studies", "NoDate"});
  ASSERT_NE(folder, 0u);
  const auto links = wire.list(folder);
  ASSERT_EQ(links.size(), 1u);
  EXPECT_EQ(wire.call(FUSE_READLINK, links[0].inode, {}).bytes.rfind("../../patients/", 0), 0u);
}

TEST_F(WireTest, OpendirIsLeftToTheKernel) {
  EXPECT_EQ(wire.call(FUSE_OPENDIR, FUSE_ROOT_ID, Wire::bytes_of(fuse_open_in{})).error, ENOSYS);
}

TEST_F(WireTest, WritingOutsideIncomingIsRefused) {
  store.add(dicom());
  const auto file = wire.lookup(series_folder(), "0001.dcm").as<fuse_entry_out>().nodeid;
  fuse_open_in open{};
  open.flags = 1;  // O_WRONLY

  EXPECT_EQ(wire.create(series_folder(), "x").error, EROFS);
  EXPECT_EQ(wire.call(FUSE_OPEN, file, Wire::bytes_of(open)).error, EROFS);
  EXPECT_EQ(wire.call(FUSE_UNLINK, series_folder(), Wire::text("0001.dcm")).error, EROFS);
  EXPECT_EQ(
      wire.call(FUSE_MKDIR, FUSE_ROOT_ID, Wire::bytes_of(fuse_mkdir_in{}) + Wire::text("x")).error,
      EROFS);
  EXPECT_EQ(wire.call(FUSE_SETATTR, file, Wire::bytes_of(fuse_setattr_in{})).error, EROFS);
  EXPECT_EQ(wire.rename(series_folder(), "0001.dcm", FUSE_ROOT_ID, "x").error, EROFS);
  EXPECT_EQ(wire.rename(series_folder(), "0001.dcm", incoming(), "x").error, EXDEV);
}

TEST_F(WireTest, AFileDroppedIsSeenWhenItsCloseIsAnswered) {
  ASSERT_EQ(wire.drop(incoming(), "a.dcm", dicom().bytes()), 0);

  EXPECT_NE(series_folder(), 0u);
}

TEST_F(WireTest, ANameLookedUpInVainIsForgottenWhenItComes) {
  store.add(dicom());
  const auto folder = series_folder();
  const auto missing = wire.lookup(folder, "0002.dcm");
  EXPECT_EQ(missing.error, 0);  // remembered by the kernel as not there
  EXPECT_EQ(missing.as<fuse_entry_out>().nodeid, 0u);

  ASSERT_EQ(wire.drop(incoming(), "b.dcm", dicom().set(tags::InstanceNumber, "2").bytes()), 0);

  EXPECT_TRUE(wire.was_forgotten({folder, "0002.dcm"}));
  EXPECT_TRUE(wire.was_forgotten({folder, {}}));
}

TEST_F(WireTest, ErrorsAreToldByClose) {
  ASSERT_EQ(wire.drop(incoming(), "a.dcm", dicom().instance("1.2.3.4.5").bytes()), 0);

  EXPECT_EQ(wire.drop(incoming(), "junk", "this is not DICOM"), EINVAL);
  EXPECT_EQ(wire.drop(incoming(), "b.dcm",
                      dicom().instance("1.2.3.4.5").set(tags::InstanceNumber, "9").bytes()),
            EEXIST);
  EXPECT_THAT(names_of(wire.list(wire.find({"rejected"}))),
              UnorderedElementsAre("junk", "junk.reason.txt", "b.dcm", "b.dcm.reason.txt"));
}

TEST_F(WireTest, AFlushWithoutWritesDoesNothing) {
  const auto made = wire.create_file(incoming(), "a.dcm");

  EXPECT_EQ(wire.flush(made), 0);
  EXPECT_EQ(wire.flush(made), 0);
  EXPECT_THAT(names_of(wire.list(incoming())), Contains("a.dcm"));
  EXPECT_EQ(store->statistics()->instances, 0);
}

TEST_F(WireTest, ARenameToAFinalNameImports) {
  ASSERT_EQ(wire.drop(incoming(), ".a.dcm.x1Y2z3", dicom().bytes()), 0);
  EXPECT_EQ(store->statistics()->instances, 0);

  EXPECT_EQ(wire.rename(incoming(), ".a.dcm.x1Y2z3", incoming(), "a.dcm").error, 0);

  EXPECT_EQ(store->statistics()->instances, 1);
}

TEST_F(WireTest, ExtendedAttributesAreIndexedAttributes) {
  store.add(dicom());
  const auto file = wire.lookup(series_folder(), "0001.dcm").as<fuse_entry_out>().nodeid;
  fuse_getxattr_in in{};
  in.size = 1000;

  EXPECT_EQ(
      wire.call(FUSE_GETXATTR, file, Wire::bytes_of(in) + Wire::text("user.dicom.PatientID")).bytes,
      "12345678");
  EXPECT_EQ(
      wire.call(FUSE_GETXATTR, file, Wire::bytes_of(in) + Wire::text("security.selinux")).error,
      EOPNOTSUPP);
  EXPECT_NE(wire.call(FUSE_LISTXATTR, file, Wire::bytes_of(in)).bytes.find("user.dicom.Modality"),
            std::string::npos);
  in.size = 3;
  EXPECT_EQ(
      wire.call(FUSE_GETXATTR, file, Wire::bytes_of(in) + Wire::text("user.dicom.PatientID")).error,
      ERANGE);
}

TEST_F(WireTest, WhatWasOpenedIsReadThoughItIsRemoved) {
  for (const auto* name : {"0001.dcm", "0001.json"}) {
    const auto added = store.add(dicom());
    const auto inode = wire.find_in(series_folder(), name);
    const auto whole = wire.read(inode);
    ASSERT_FALSE(whole.empty());
    const auto file = wire.open(inode, O_RDONLY);

    ASSERT_OK(store->remove(added.instance));

    EXPECT_EQ(wire.read(file, 0, 1 << 20), whole) << name;
  }
}

// The kernel keeps what it reads for all who open the file later.
TEST_F(WireTest, ASummaryThatWasOpenedBeforeAChangeGivesWhatIsTrueNow) {
  store.add(dicom());
  const auto inode = in_study("study.json");
  const auto file = wire.open(inode, O_RDONLY);
  ASSERT_EQ(wire.drop(incoming(), "2", dicom().bytes()), 0);

  const auto read = wire.read(file, 0, 1 << 16);
  EXPECT_THAT(read, HasSubstr(R"("NumberOfStudyRelatedInstances": 2)"));
  EXPECT_EQ(wire.read(inode), read);
}

TEST_F(WireTest, WhatIsReadByAnOldHandleIsForgottenAtTheNextChange) {
  store.add(dicom());
  const auto inode = in_study("study.json");
  const auto file = wire.open(inode, O_RDONLY);
  const auto told = [&] {
    const auto all = wire.forgotten();
    return std::count(all.begin(), all.end(), Forgotten{inode, {}});
  };
  ASSERT_EQ(wire.drop(incoming(), "2", dicom().bytes()), 0);
  ASSERT_EQ(told(), 1);

  (void)wire.read(file, 0, 1 << 16);
  ASSERT_EQ(wire.drop(incoming(), "3", dicom().bytes()), 0);

  EXPECT_EQ(told(), 2);
}

TEST_F(WireTest, AnArchiveOfAStudyEndsWhenTheStudyChanges) {
  const auto first = store.add(dicom());
  const auto inode = in_study("study.zip");
  const auto at_change = [&](const std::function<void()>& change) {
    const auto file = wire.open(inode, O_RDONLY);
    EXPECT_EQ(wire.read_part(file, 0, 100).error, 0);
    store.add(make_dicom());  // of another study
    EXPECT_EQ(wire.read_part(file, 100, 100).error, 0);

    change();

    EXPECT_EQ(wire.read_part(file, 200, 100).error, ESTALE);
    EXPECT_EQ(wire.read_part(file, 0, 100).error, ESTALE);
    EXPECT_EQ(wire.read(inode).size(), wire.size_of(inode));
  };

  at_change([&] { store.add(dicom()); });
  at_change([&] { store.add(dicom().series("1.2.3.5")); });
  at_change([&] { EXPECT_OK(store->remove(first.instance)); });
}

TEST_F(WireTest, AnArchiveWhoseStudyIsGoneIsStale) {
  const auto added = store.add(dicom());
  const auto begun = wire.open(in_study("study.zip"), O_RDONLY);
  const auto opened = wire.open(in_study("study.zip"), O_RDONLY);
  EXPECT_EQ(wire.read_part(begun, 0, 100).error, 0);

  ASSERT_OK(store->remove(added.instance));

  EXPECT_EQ(wire.read_part(begun, 100, 100).error, ESTALE);
  EXPECT_EQ(wire.read_part(opened, 0, 100).error, ESTALE);
}

// Until the kernel is told, its name may lead to what is there no more. At ESTALE it looks again.
TEST_F(WireTest, OpeningWhatIsThereNoMoreIsStale) {
  const auto added = store.add(dicom());
  std::vector<std::uint64_t> inodes;
  for (const auto* name : {"0001.dcm", "0001.json", "0001.png", "series.json"}) {
    inodes.push_back(wire.find_in(series_folder(), name));
  }

  ASSERT_OK(store->remove(added.instance));

  for (const auto inode : inodes) {
    EXPECT_EQ(wire.open(inode, O_RDONLY).error, ESTALE) << inode;
    EXPECT_EQ(wire.getattr(inode).error, ESTALE) << inode;
  }
}

TEST_F(WireTest, InodesOfNoNodeAreNotThere) {
  for (const std::uint64_t number :
       {std::uint64_t{2}, ~std::uint64_t{0}, ino({Kind::instance_dcm, 999'999}),
        ino({Kind::find_folder, 5})}) {
    EXPECT_EQ(wire.getattr(number).error, ESTALE) << number;
  }
  EXPECT_EQ(wire.getattr(ino({Kind::incoming_node, 77})).error, ENOENT);
}

TEST_F(WireTest, StatfsTellsTheDisk) {
  store.add(dicom());

  const auto out = wire.call(FUSE_STATFS, FUSE_ROOT_ID, {}).as<fuse_statfs_out>();

  EXPECT_GT(out.st.blocks, 0u);
  EXPECT_EQ(out.st.namelen, 255u);
  EXPECT_EQ(out.st.files - out.st.ffree,
            static_cast<std::uint64_t>(value(TempStore::require(store->last_instance()))));
  EXPECT_GT(out.st.ffree, 0u);
  EXPECT_GT(out.st.files, 0u);
}

}  // namespace
}  // namespace dcmfs::fs
