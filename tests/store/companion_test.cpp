#include "store/companion.h"

#include <gtest/gtest.h>

#include "tests/support/make_dicom.h"

namespace dcmfs {
namespace {

bool ignored(std::string_view name, std::string_view content) {
  const auto bytes = std::as_bytes(std::span(content));
  return is_companion(name, bytes.first(std::min(bytes.size(), kCompanionHeadBytes)));
}

using namespace std::string_view_literals;
constexpr auto kBinary = "\x01\x02\x03\x00\x04 neither text nor anything known"sv;

TEST(Companion, IsWhatStandsOnAPatientCd) {
  for (const std::string_view name :
       {"DICOMDIR", "README", "ReadMe.rtf", "AUTORUN.INF", "Thumbs.db", "._IMG0001", ".DS_Store",
        "viewer.EXE", "libjpeg.dll"})
    EXPECT_TRUE(ignored(name, kBinary)) << name;
}

TEST(Companion, IsTextOrAProgramWhateverItsName) {
  EXPECT_TRUE(ignored("HINWEIS", "Bitte mit dem Betrachter öffnen.\r\n"));
  EXPECT_TRUE(ignored("START", std::string_view("MZ\x90\x00\x03\x00", 6)));
  EXPECT_TRUE(ignored("start", std::string_view("\x7f"
                                                "ELF\x02\x01",
                                                6)));
}

TEST(Companion, IsTextThatWasCutWithinACharacter) {
  std::string text;
  while (text.size() < kCompanionHeadBytes + 10) text += "ä.ü";

  for (std::size_t shift = 0; shift < 5; ++shift)
    EXPECT_TRUE(ignored("NOTES", std::string(shift, ' ') + text)) << shift;
}

TEST(Companion, IsTheDicomdirUnderAnyName) {
  const std::string directory = make_dicom().sop_class("1.2.840.10008.1.3.10").bytes();

  EXPECT_TRUE(ignored("DIRFILE1.dcm", directory));
}

TEST(Companion, IsNoImageWhateverItsName) {
  const std::string image = make_dicom().bytes();

  for (const std::string_view name : {"README.txt", "DICOMDIR", "viewer.exe", "._x", "0001"})
    EXPECT_FALSE(ignored(name, image)) << name;
}

TEST(Companion, IsNoImageOfAClassWhoseUidOnlyBeginsLikeThatOfTheDicomdir) {
  EXPECT_FALSE(ignored("x", make_dicom().sop_class("1.2.840.10008.1.3.10.7").bytes()));
}

TEST(Companion, IsNoImageThatOnlyNamesTheClassOfTheDicomdir) {
  EXPECT_FALSE(ignored("x", make_dicom().set({0x0008, 0x1150}, "1.2.840.10008.1.3.10").bytes()));
}

TEST(Companion, IsNoFileThatClaimsToBeDicomByItsName) {
  EXPECT_FALSE(ignored("report.dcm", "<html>an error page that was saved as an image</html>"));
  EXPECT_FALSE(ignored("REPORT.DCM", "\x89PNG\r\n"));
}

TEST(Companion, IsNothingUnknown) {
  EXPECT_FALSE(ignored("IMG0001", kBinary));
  EXPECT_FALSE(ignored("IMG0001", ""));
}

}  // namespace
}  // namespace dcmfs
