#include "rest/orthanc/create_dicom.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/rest/edited.h"

namespace dcmfs::rest {
namespace {

using testing::HasSubstr;
using testing::SizeIs;

// 5 x 5 pixels, RGBA.
constexpr const char* kPng =
    "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAUAAAAFCAYAAACNbyblAAAAHElEQVQI12P4//8/"
    "w38GIAXDIBKE0DHxgljNBAAO9TXL0Y4OHwAAAABJRU5ErkJggg==";

class CreateDicomRoute : public Edited {
 protected:
  Answer create(const std::string& body) { return served.post("/tools/create-dicom", body); }
  Dataset made(const Answer& answer) {
    const auto row = key(Level::instance, answer.json()["ID"].asString()).row;
    return TempStore::require(InstanceFile::open(served.services(), row)).dicom().dataset;
  }
  std::string quoted(const std::string& text) { return '"' + text + '"'; }
};

TEST_F(CreateDicomRoute, AnInstanceIsMadeOfTags) {
  const auto answer = create(
      R"({"Tags":{"PatientName":"A^B","Modality":"MR","0009,1001":"x"},"PrivateCreator":"ME"})");

  ASSERT_EQ(answer.status, 200) << answer.body;
  EXPECT_EQ(answer.json()["Status"], "Success");
  EXPECT_EQ(answer.json()["Path"], "/instances/" + answer.json()["ID"].asString());
  EXPECT_EQ(made(answer).text_or(tags::PatientName, ""), "A^B");
  EXPECT_EQ(made(answer).text_or(tags::Modality, ""), "MR");
}

TEST_F(CreateDicomRoute, ACharacterSetThatIsKnownMayBeSaid) {
  for (const char* known : {"ISO_IR 100", "", "\\\\ISO 2022 IR 87", "utf-8"})
    EXPECT_EQ(create(R"({"Tags":{"SpecificCharacterSet":")" + std::string(known) + "\"}}").status,
              200)
        << known;
}

TEST_F(CreateDicomRoute, WithoutTagsTheMembersAreTheTags) {
  const auto tags_alone = create(R"({"PatientName":"A^B","0008-0060":"MR","Force":false})"),
             picture = create(R"({"PatientName":"A^B","PixelData":)" + quoted(kPng) + "}"),
             document =
                 create(R"({"EncapsulatedDocument":"data:application/pdf;base64,JVBERi0xLjQK"})"),
             joined = create(R"({"Parent":)" + quoted(id(Level::study)) + "}");

  ASSERT_EQ(tags_alone.status, 200) << tags_alone.body;
  EXPECT_EQ(made(tags_alone).text_or(tags::PatientName, ""), "A^B");
  EXPECT_EQ(made(tags_alone).text_or(tags::Modality, ""), "MR");
  ASSERT_EQ(picture.status, 200) << picture.body;
  EXPECT_EQ(made(picture).integer(tags::Rows), 5);
  ASSERT_EQ(document.status, 200) << document.body;
  EXPECT_EQ(made(document).text_or(tags::SOPClassUID, ""), uids::EncapsulatedPDFStorage);
  ASSERT_EQ(joined.status, 200) << joined.body;
  EXPECT_EQ(joined.json()["ParentStudy"], id(Level::study));
}

TEST_F(CreateDicomRoute, APictureBecomesPixels) {
  const auto answer = create(R"({"Tags":{},"Content":)" + quoted(kPng) + "}");

  ASSERT_EQ(answer.status, 200) << answer.body;
  EXPECT_EQ(made(answer).integer(tags::Rows), 5);
  EXPECT_EQ(made(answer).integer(tags::SamplesPerPixel), 3);
}

TEST_F(CreateDicomRoute, ADocumentIsEncapsulated) {
  const auto answer = create(R"({"Tags":{},"Content":"data:application/pdf;base64,JVBERi0xLjQK"})");

  ASSERT_EQ(answer.status, 200) << answer.body;
  EXPECT_EQ(made(answer).text_or(tags::SOPClassUID, ""), uids::EncapsulatedPDFStorage);
}

TEST_F(CreateDicomRoute, ItJoinsItsParent) {
  for (const Level level : {Level::patient, Level::study, Level::series}) {
    const auto answer =
        create(R"({"Tags":{"InstanceNumber":"7"},"Parent":)" + quoted(id(level)) + "}");

    ASSERT_EQ(answer.status, 200) << answer.body;
    EXPECT_EQ(answer.json()["ParentPatient"], id(Level::patient));
    EXPECT_EQ(answer.json()["ParentStudy"] == id(Level::study), level >= Level::study);
    EXPECT_EQ(answer.json()["ParentSeries"] == id(Level::series), level >= Level::series);
  }
  EXPECT_EQ(create(R"({"Tags":{},"Parent":"nope"})").status, 404);
  EXPECT_EQ(create(R"({"Tags":{},"Parent":)" + quoted(id(Level::instance)) + "}").status, 400);
}

TEST_F(CreateDicomRoute, WhatComesFromTheParentIsNotOverridden) {
  const auto body = R"({"Tags":{"PatientName":"OTHER"},"Parent":)" + quoted(id(Level::study));

  const auto refused = create(body + "}");
  const auto forced = create(body + R"(,"Force":true})");

  EXPECT_EQ(refused.status, 400);
  EXPECT_EQ(refused.json()["OrthancStatus"], 2020);
  EXPECT_EQ(refused.json()["Details"], "PatientName");
  EXPECT_EQ(forced.status, 200) << forced.body;
}

TEST_F(CreateDicomRoute, AListBecomesASeries) {
  const auto answer = create(R"({"Tags":{"SeriesDescription":"S","Modality":"OT"},"Parent":)" +
                             quoted(id(Level::study)) + R"(,"Content":[)" + quoted(kPng) +
                             R"(,{"Tags":{"InstanceNumber":"9"},"Content":)" + quoted(kPng) + "}," +
                             quoted(kPng) + "]}");

  ASSERT_EQ(answer.status, 200) << answer.body;
  EXPECT_EQ(answer.json()["Path"], "/series/" + answer.json()["ID"].asString());
  const auto all = datasets_below(Level::series, answer.json()["ID"].asString());
  ASSERT_THAT(all, SizeIs(3));
  EXPECT_EQ(all[0].text_or(tags::InstanceNumber, ""), "1");
  EXPECT_EQ(all[1].text_or(tags::InstanceNumber, ""), "9");
  EXPECT_EQ(all[2].text_or(tags::InstanceNumber, ""), "3");
  for (const auto& one : all) {
    EXPECT_EQ(one.text_or(tags::StudyInstanceUID, ""), "1.2.3");
    EXPECT_EQ(one.text_or(tags::SeriesDescription, ""), "S");
    EXPECT_EQ(one.integer(tags::Rows), 5);
  }
}

TEST_F(CreateDicomRoute, OfAListAllIsStoredOrNothing) {
  for (const std::string& second :
       {std::string(R"("data:image/png;base64,AAAA")"), std::string("7"),
        R"({"Tags":{"PatientName":"OTHER"},"Content":)" + quoted(kPng) + "}"})
    EXPECT_GE(
        create(R"({"Tags":{"PatientName":"A"},"Content":[)" + quoted(kPng) + ',' + second + "]}")
            .status,
        400)
        << second;

  EXPECT_EQ(served.store_->statistics()->instances, 2);
}

TEST_F(CreateDicomRoute, NonsenseIsRefused) {
  for (const char* body :
       {R"({"NoSuchTag":"x"})", "[]", R"({"Tags":[]})", R"({"Tags":{"NoSuchTag":"x"}})",
        R"({"Tags":{"StudyDate":"yesterday"}})", R"({"Tags":{},"Content":"hello"})",
        R"({"Tags":{},"Content":[]})", R"({"Tags":{"SOPInstanceUID":"1.2"}})",
        R"({"Tags":{},"Content":"data:application/pdf;base64,aGVsbG8="})",
        R"({"Tags":{"SpecificCharacterSet":"ISO_IR 999"}})",
        R"({"Tags":{"SpecificCharacterSet":"\\ISO 2022 IR 87\\nonsense"}})",
        R"({"Tags":{"PixelData":"data:image/png;base64,AAAA"}})",
        R"({"Tags":{},"Content":"data:image/png;base64,!!"})", R"({"Tags":{},"Force":1})"}) {
    const auto answer = create(body);
    EXPECT_EQ(answer.status, 400) << body << answer.body;
    EXPECT_FALSE(answer.json()["Details"].asString().empty()) << body;
  }
  EXPECT_EQ(create(R"({"Tags":{},"Content":"data:image/gif;base64,AAAA"})").status, 415);
}

}  // namespace
}  // namespace dcmfs::rest
