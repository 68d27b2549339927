// What cannot be decoded, alone and among others: it comes as it is stored.
#include <gmock/gmock.h>

#include "store/dicom/byte_source.h"
#include "store/dicom/reader.h"
#include "tests/rest/dicomweb_fixture.h"
#include "tests/rest/encapsulated.h"
#include "tests/support/manifest.h"

namespace dcmfs::rest {
namespace {

using testing::HasSubstr;

class WebUndecodable : public DicomwebFixture {
 protected:
  static constexpr const char* kExplicit =
      "Accept: multipart/related; type=\"application/dicom\"; "
      "transfer-syntax=1.2.840.10008.1.2.1\r\n";

  // A study of an RLE image and, behind it, what is damaged inside.
  std::string add_damaged_study() {
    const auto good = make_dicom().study("1.1").series("1.1.1").pixels(2, 2, 8);
    add_file(encapsulated(good, uids::RLELossless, {rle_frame("good")}));
    damaged_ = encapsulated(damaged, uids::RLELossless, {damaged_rle_frame()});
    add_file(damaged_);
    return "/dicom-web/studies/1.1";
  }
  void add_file(const std::string& bytes) { store_.add(bytes); }

  const DicomBuilder damaged = make_dicom().study("1.1").series("1.1.1").pixels(2, 2, 8);
  std::string damaged_;
};

TEST_F(WebUndecodable, AStudyHasTheDamagedImageAsItIsStored) {
  const auto study = add_damaged_study();
  for (const char* accept : {"", kExplicit}) {
    const auto parts = parts_of(get(study, accept));
    ASSERT_EQ(parts.size(), 2u) << accept;
    EXPECT_THAT(parts[0].head, HasSubstr("transfer-syntax=1.2.840.10008.1.2.1\r\n"));
    EXPECT_THAT(parts[1].head, HasSubstr("transfer-syntax=1.2.840.10008.1.2.5\r\n"));
    EXPECT_EQ(parts[1].body, damaged_);
  }
}

TEST_F(WebUndecodable, AnImageAloneIsRefusedOnlyToWhoInsists) {
  add_damaged_study();
  EXPECT_EQ(get(path_of(damaged), kExplicit).status, 406);
  EXPECT_EQ(parts_of(get(path_of(damaged))).at(0).body, damaged_);
  EXPECT_EQ(get(path_of(damaged), "Accept: application/dicom\r\n").body, damaged_);
  const std::string rather =
      "Accept: application/dicom; transfer-syntax=1.2.840.10008.1.2.1, application/dicom; "
      "transfer-syntax=*; q=0.1\r\n";
  EXPECT_EQ(get(path_of(damaged), rather).body, damaged_);
}

// Of all frames it is left out; who names it gets it or an error.
TEST_F(WebUndecodable, AFrameAmongOthersIsNotRendered) {
  const auto cine = make_dicom().study("1.1").pixels(2, 2, 8, 3);
  add_file(encapsulated(cine, uids::RLELossless,
                        {rle_frame("good"), damaged_rle_frame(), rle_frame("more")}));
  const auto rendered = [&](const std::string& frames) {
    return get(path_of(cine) + frames + "/rendered",
               "Accept: multipart/related; type=\"image/png\"\r\n");
  };

  const auto all = parts_of(rendered(""));
  const auto named = parts_of(rendered("/frames/1,2,3"));

  ASSERT_EQ(all.size(), 2u);
  EXPECT_THAT(all[0].head, HasSubstr("/frames/1/rendered\r\n"));
  EXPECT_THAT(all[1].head, HasSubstr("/frames/3/rendered\r\n"));
  EXPECT_EQ(rendered("/frames/2,3").status, 406);
  EXPECT_EQ(rendered("/frames/2").status, 406);
  EXPECT_THAT(named.back().head, HasSubstr("missing")) << "it ends with the connection";
}

TEST_F(WebUndecodable, VideoComesWithItsStudy) {
  const auto video = make_dicom().study("1.1").pixels(2, 2, 8, 2),
             image = make_dicom().study("1.1").pixels(2, 2, 8);
  const auto bytes = encapsulated(video, kH264, {"stream"});
  add_file(bytes);
  EXPECT_EQ(get("/dicom-web/studies/1.1", kExplicit).status, 406);  // there is nothing but video
  EXPECT_EQ(get(path_of(video), kExplicit).status, 406);
  EXPECT_THAT(parts_of(get(path_of(video))).at(0).head,
              HasSubstr("transfer-syntax=1.2.840.10008.1.2.4.102\r\n"));
  EXPECT_EQ(get(path_of(video), "Accept: application/dicom\r\n").body, bytes);

  add(image);
  for (const char* accept : {"", kExplicit}) {
    const auto parts = parts_of(get("/dicom-web/studies/1.1", accept));
    ASSERT_EQ(parts.size(), 2u) << accept;
    EXPECT_EQ(parts[0].body, bytes);
  }
}

TEST_F(WebUndecodable, DeflatedFramesAreDecoded) {
  if (!shared_data()) GTEST_SKIP() << "the shared test data is missing";
  const auto bytes = read_whole_file(*shared_data() / "objects/seg/liver_deflate.dcm");
  const auto added = store_.add(bytes);
  const auto parts = parts_of(get("/dicom-web/studies/" + added.uids.study, kExplicit));
  ASSERT_EQ(parts.size(), 1u);
  const auto source = memory_source(parts[0].body);
  const auto file = read_dicom(*source);
  ASSERT_TRUE(file) << file.error().message;
  EXPECT_EQ(file->syntax_uid, uids::ExplicitVRLittleEndian);
}

}  // namespace
}  // namespace dcmfs::rest
