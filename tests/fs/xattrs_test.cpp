#include "fs/xattrs.h"

#include <algorithm>

#include <gtest/gtest.h>

#include "tests/support/temp_store.h"

namespace dcmfs::fs {
namespace {

constexpr std::string_view kAcl = "system.posix_acl_access";

std::string entry(char tag, char perm) {
  return {tag, 0, perm, 0, '\xff', '\xff', '\xff', '\xff'};
}

std::string acl(std::string_view entries) {
  return std::string{2, 0, 0, 0} + std::string(entries);
}

TEST(ModeOfAcl, IsThatOfItsThreeClasses) {
  const auto list = acl(entry(1, 6) + entry(4, 4) + entry(0x20, 1));

  EXPECT_EQ(mode_of_acl(kAcl, list), mode_t{0641});
}

TEST(ModeOfAcl, TheMaskIsTheGroups) {  // as in acl(5): CORRESPONDENCE
  const auto list = acl(entry(1, 7) + entry(2, 7) + entry(4, 4) + entry(0x10, 6) + entry(0x20, 0));

  EXPECT_EQ(mode_of_acl(kAcl, list), mode_t{0760});
}

TEST(ModeOfAcl, WhatIsNoneSaysNothing) {
  const auto list = acl(entry(1, 6));

  EXPECT_EQ(mode_of_acl("system.posix_acl_default", list), std::nullopt);
  EXPECT_EQ(mode_of_acl(kAcl, ""), std::nullopt);
  EXPECT_EQ(mode_of_acl(kAcl, std::string_view(list).substr(0, 7)), std::nullopt);
  EXPECT_EQ(mode_of_acl(kAcl, "\x01" + list.substr(1)), std::nullopt);
}

TEST(DicomXattrs, OfOnePatientIdEachStudyHasItsOwnName) {
  TempStore store;
  store.add(make_dicom().patient("P", "DOE^JOHN").set(tags::PatientSex, "M"));
  const auto other =
      store.add(make_dicom().patient("P", "ROE^ANN").erase(tags::PatientSex)).instance;
  const RowId series = TempStore::require(store->entry(other)).parent.row;
  const Key study = TempStore::require(store->entry({Level::series, series})).parent;
  const Key patient = TempStore::require(store->entry(study)).parent;

  const auto at = [](Kind kind, RowId row) {
    return Node{kind, static_cast<std::uint64_t>(value(row))};
  };
  for (const Node& node : {at(Kind::study_json, study.row), at(Kind::series_json, series)}) {
    EXPECT_EQ(TempStore::require(dicom_xattr(*store, node, "user.dicom.PatientName")), "ROE^ANN");
    EXPECT_EQ(TempStore::require(dicom_xattr(*store, node, "user.dicom.PatientID")), "P");
    EXPECT_FALSE(dicom_xattr(*store, node, "user.dicom.PatientSex")) << "that is another's";
    const auto names = TempStore::require(dicom_xattrs(*store, node));
    EXPECT_EQ(std::ranges::count(names, "user.dicom.PatientName"), 1);
    EXPECT_EQ(std::ranges::count(names, "user.dicom.PatientSex"), 0);
  }
  const Node of_patient = at(Kind::patient_json, patient.row);
  EXPECT_EQ(TempStore::require(dicom_xattr(*store, of_patient, "user.dicom.PatientName")),
            "DOE^JOHN");
}

}  // namespace
}  // namespace dcmfs::fs
