#include "store/dicom/document.h"

#include <gtest/gtest.h>

#include "tests/store/dicom/raw_dicom.h"
#include "tests/store/image/open_dicom.h"
#include "tests/support/make_dicom.h"
#include "tests/support/ok.h"

namespace dcmfs {
namespace {

using namespace std::string_literals;

const std::string kOdd = "%PDF-1.4 is nine bytes and more\n%%EOF";
const std::string kEven = kOdd + "\n";

DicomBuilder pdf(const std::string& document) {
  DicomBuilder dicom = make_dicom();
  dicom.sop_class(uids::EncapsulatedPDFStorage)
      .set(tags::MIMETypeOfEncapsulatedDocument, "application/pdf")
      .set_bytes(tags::EncapsulatedDocument, Vr::OB, document);
  return dicom;
}

// The document as it is found; the error's message if it is not.
std::string found_in(const std::string& bytes) {
  const OpenDicom file(bytes);
  const auto range = find_pdf(*file);
  if (!range) return range.error().message;
  return *read_bytes(*file, range->offset, range->length);
}

TEST(FindPdf, TheLengthAttributeTellsPaddingFromContent) {
  ASSERT_EQ(kOdd.size() % 2, 1U);

  // The writer of the file adds the byte that makes the value even.
  const auto told = pdf(kOdd).set(tags::EncapsulatedDocumentLength, std::to_string(kOdd.size()));
  const auto with_nul =
      pdf(kOdd + '\0').set(tags::EncapsulatedDocumentLength, std::to_string(kOdd.size() + 1));

  EXPECT_EQ(found_in(told.bytes()), kOdd);
  EXPECT_EQ(found_in(with_nul.bytes()), kOdd + '\0');
  EXPECT_EQ(found_in(pdf(kEven).bytes()), kEven);
}

TEST(FindPdf, WithoutTheAttributeANulAtTheEndIsPadding) {
  EXPECT_EQ(found_in(pdf(kOdd).bytes()), kOdd);
  EXPECT_EQ(found_in(pdf(kEven + "\0\0"s).bytes()), kEven + '\0') << "at most one";
}

TEST(FindPdf, ALengthThatTheValueContradictsIsIgnored) {
  for (const char* wrong : {"0", "5", "36", "4000000000"}) {
    EXPECT_EQ(found_in(pdf(kEven).set(tags::EncapsulatedDocumentLength, wrong).bytes()), kEven)
        << wrong;
  }
}

TEST(FindPdf, IsInEveryNativeTransferSyntax) {
  const std::string large = kOdd + std::string(200'000, 'x');  // stays on disk
  for (const auto syntax : {uids::ImplicitVRLittleEndian, uids::ExplicitVRLittleEndian,
                            uids::ExplicitVRBigEndian, uids::DeflatedExplicitVRLittleEndian}) {
    EXPECT_EQ(found_in(pdf(kOdd).in(syntax).bytes()), kOdd) << syntax;
    EXPECT_EQ(found_in(pdf(large).in(syntax).bytes()), large) << syntax;
  }
}

TEST(FindPdf, OfUnknownVrIsTheSame) {
  EXPECT_EQ(found_in(pdf("").set_bytes(tags::EncapsulatedDocument, Vr::UN, kEven).bytes()), kEven);
}

TEST(FindPdf, AsWordsOrFragmentsIsNotOne) {
  const auto words = pdf("").set_bytes(tags::EncapsulatedDocument, Vr::OW, kEven);
  EXPECT_EQ(found_in(words.bytes()), "a document in an unusual encoding");

  const std::string start = raw::short_element(tags::SOPClassUID, "UI",
                                               std::string(uids::EncapsulatedPDFStorage) + '\0') +
                            raw::short_element(tags::SOPInstanceUID, "UI", "1.2.3.40");
  const std::string fragments =
      raw::long_header(tags::EncapsulatedDocument, "OB", raw::kUndefined) + raw::item("") +
      raw::item(kEven) + raw::end_sequence();
  EXPECT_EQ(found_in(raw::part10(uids::ExplicitVRLittleEndian, start + fragments)),
            "a document in an unusual encoding");
}

TEST(FindPdf, IsNotThereInOtherClassesNorIfEmpty) {
  const auto cda = pdf(kEven).sop_class("1.2.840.10008.5.1.4.1.1.104.2");
  for (const auto& dicom : {cda, pdf(""), make_dicom()}) {
    const OpenDicom file(dicom.bytes());
    EXPECT_EQ(find_pdf(*file).error().code, Errc::not_found);
  }
}

TEST(FindPdf, ThatTheFileCutsShortIsCorrupt) {
  std::string bytes = pdf(kOdd + std::string(200'000, 'x')).bytes();
  bytes.resize(bytes.size() - 1000);  // the MIME type stands behind the document
  const OpenDicom file(bytes);

  const auto found = find_pdf(*file);

  ASSERT_FALSE(found.ok());
  EXPECT_TRUE(found.error().code == Errc::corrupt || found.error().code == Errc::not_found);
}

}  // namespace
}  // namespace dcmfs
