#include <gmock/gmock.h>

#include "rest/orthanc/modules.h"
#include "tests/rest/api.h"

namespace dcmfs::rest {
namespace {

using testing::HasSubstr;

class Tags : public Api {
 protected:
  void SetUp() override {
    Api::SetUp();
    auto dicom = make_dicom()
                     .patient("p", "Äneas^Rüdiger")
                     .study("1.2")
                     .series("1.2.1")
                     .instance("1.2.1.1")
                     .set(tags::SpecificCharacterSet, "ISO_IR 192")
                     .set(tags::ImageType, "ORIGINAL\\PRIMARY")
                     .set(tags::ImageComments, std::string(300, 'x'))
                     .set(tags::StudyDescription, "")
                     .set_bytes(Tag{0x0009, 0x0010}, Vr::LO, "NOBODY KNOWS")
                     .set_bytes(Tag{0x0009, 0x1001}, Vr::LO, "secret")
                     .set_bytes(Tag{0x0009, 0x1002}, Vr::LO, "more")
                     .set_bytes(Tag{0x0009, 0x1003}, Vr::UN, std::string("\0\1", 2))
                     .pixels(2, 3, 8);
    dicom.dataset()
        .add_item(tags::ReferencedStudySequence)
        .set_text(tags::ReferencedSOPClassUID, "1.2.3");
    added_ = store_.add(dicom);
  }
  std::string at(const std::string& rest) { return path(added_, Level::instance) + rest; }

  Added added_;
};

TEST_F(Tags, AreToldInFull) {
  const auto tags = get(at("/tags")).json();

  EXPECT_EQ(tags["0010,0010"]["Name"], "PatientName");
  EXPECT_EQ(tags["0010,0010"]["Type"], "String");
  EXPECT_EQ(tags["0010,0010"]["Value"], "Äneas^Rüdiger");
  EXPECT_EQ(tags["0008,0008"]["Value"], "ORIGINAL\\PRIMARY");
  EXPECT_EQ(tags["0008,1030"]["Value"], "");
  EXPECT_EQ(tags["0028,0010"]["Value"], "2");
  EXPECT_EQ(tags["0020,4000"]["Type"], "TooLong");
  EXPECT_TRUE(tags["0020,4000"]["Value"].isNull());
  EXPECT_EQ(tags["7fe0,0010"]["Type"], "Null");
  EXPECT_EQ(tags["0008,1110"]["Type"], "Sequence");
  EXPECT_EQ(tags["0008,1110"]["Value"][0]["0008,1150"]["Value"], "1.2.3");
  EXPECT_EQ(tags["0009,0010"]["Name"], "PrivateCreator");
  EXPECT_EQ(tags["0009,1001"]["PrivateCreator"], "NOBODY KNOWS");
  EXPECT_EQ(tags["0009,1001"]["Name"], "Unknown Tag & Data");
  EXPECT_EQ(tags["0009,1003"]["Type"], "Null");
}

TEST_F(Tags, AreToldShortAndSimplified) {
  const auto numbers = get(at("/tags?short")).json(), names = get(at("/simplified-tags")).json();

  EXPECT_EQ(numbers["0010,0020"], "p");
  EXPECT_EQ(numbers["0008,1110"][0]["0008,1150"], "1.2.3");
  EXPECT_EQ(names["PatientID"], "p");
  EXPECT_EQ(names["ReferencedStudySequence"][0]["ReferencedSOPClassUID"], "1.2.3");
  EXPECT_TRUE(names["PixelData"].isNull());
  EXPECT_EQ(names["0009,1001"], "secret");
  EXPECT_EQ(names["0009,1002"], "more");
  EXPECT_EQ(get(at("/tags?simplify")).json(), names);
}

TEST_F(Tags, LongValuesComeWhenAskedFor) {
  const std::string whole(300, 'x');

  EXPECT_EQ(get(at("/tags?ignore-length=ImageComments")).json()["0020,4000"]["Value"], whole);
  EXPECT_EQ(get(at("/tags?short&ignore-length=0020,4000")).json()["0020,4000"], whole);
  EXPECT_EQ(get(at("/tags?ignore-length=Nonsense")).status, 400);
}

TEST_F(Tags, TheHeaderIsTheMetaInformation) {
  const auto header = get(at("/header?simplify")).json();

  EXPECT_EQ(header["TransferSyntaxUID"], "1.2.840.10008.1.2.1");
  EXPECT_FALSE(header.isMember("PatientID"));
}

TEST_F(Tags, ContentIsReachedByAPath) {
  EXPECT_THAT(get(at("/content")).body, HasSubstr("\"0008-1110\""));
  EXPECT_EQ(get(at("/content/PatientID")).body, "p ");
  EXPECT_EQ(get(at("/content/PatientID")).header("Content-Type"), "application/octet-stream");
  EXPECT_EQ(get(at("/content/0008-1110")).json().size(), 1u);
  EXPECT_THAT(get(at("/content/0008-1110/0")).body, HasSubstr("0008-1150"));
  EXPECT_EQ(get(at("/content/0008-1110/0/0008-1150")).body, std::string("1.2.3\0", 6));
  EXPECT_EQ(get(at("/content/0008-1110/1")).status, 404);
  EXPECT_EQ(get(at("/content/0008-1110/x")).status, 404);
  EXPECT_EQ(get(at("/content/PatientName/0")).status, 404);
  EXPECT_EQ(get(at("/content/0010-4000")).status, 404);
  EXPECT_EQ(get(at("/content/Nonsense")).json()["OrthancStatus"], 27);
  EXPECT_EQ(get(at("/content/7fe0-0010")).json().size(), 1u);
  EXPECT_EQ(get(at("/content/7fe0-0010/0")).body.size(), 6u);
}

TEST_F(Tags, ModulesAreOfTheLevel) {
  const auto patient = get(path(added_, Level::patient) + "/module?simplify").json();
  const auto study = get(path(added_, Level::study) + "/module?simplify").json();

  EXPECT_EQ(patient["PatientID"], "p");
  EXPECT_FALSE(patient.isMember("StudyInstanceUID"));
  EXPECT_EQ(study["StudyInstanceUID"], "1.2");
  EXPECT_FALSE(study.isMember("PatientID"));
  EXPECT_EQ(get(path(added_, Level::study) + "/module-patient?simplify").json()["PatientID"], "p");
  EXPECT_EQ(get(at("/module?simplify")).json()["SOPInstanceUID"], "1.2.1.1");
}

TEST_F(Tags, SharedOnesAreTheSameInAllInstances) {
  store_.add(make_dicom()
                 .patient("p", "Äneas^Rüdiger")
                 .study("1.2")
                 .series("1.2.1")
                 .instance("1.2.1.2")
                 .set(tags::SpecificCharacterSet, "ISO_IR 192"));
  const std::string series = path(added_, Level::series);

  const auto shared = get(series + "/shared-tags?simplify").json(),
             all = get(series + "/instances-tags?simplify").json();

  EXPECT_EQ(shared["PatientID"], "p");
  EXPECT_FALSE(shared.isMember("SOPInstanceUID"));
  EXPECT_FALSE(shared.isMember("ImageComments"));
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[id_of(added_, Level::instance)]["SOPInstanceUID"], "1.2.1.1");
}

TEST(Modules, KnowTheirKeywords) {
  for (const auto& [level, keyword] : {std::pair(Level::patient, "OtherPatientIDs"),
                                       {Level::study, "StudyID"},
                                       {Level::series, "Modality"},
                                       {Level::instance, "InstanceNumber"}})
    EXPECT_TRUE(is_in_module(level, *tag_of(keyword))) << keyword;
  EXPECT_FALSE(is_in_module(Level::patient, tags::StudyID));
}

}  // namespace
}  // namespace dcmfs::rest
