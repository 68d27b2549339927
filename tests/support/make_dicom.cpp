#include "tests/support/make_dicom.h"

#include <atomic>
#include <stdexcept>

#include "store/dicom/writer.h"

namespace dcmfs {
namespace {

std::string next_uid() {
  static std::atomic<std::uint64_t> count{0};
  return uid_from_bits(0xdc3f5, ++count);
}

}  // namespace

DicomBuilder::DicomBuilder() {
  set(tags::SpecificCharacterSet, "ISO_IR 192");
  set(tags::SOPClassUID, "1.2.840.10008.5.1.4.1.1.2");
  set(tags::SOPInstanceUID, next_uid());
  set(tags::StudyDate, "20040119");
  set(tags::StudyTime, "072730");
  set(tags::AccessionNumber, "");
  set(tags::Modality, "CT");
  set(tags::ReferringPhysicianName, "");
  set(tags::PatientName, "DOE^JANE");
  set(tags::PatientID, "1");
  set(tags::PatientBirthDate, "");
  set(tags::PatientSex, "");
  set(tags::StudyInstanceUID, next_uid());
  set(tags::SeriesInstanceUID, next_uid());
  set(tags::StudyID, "");
  set(tags::SeriesNumber, "1");
  set(tags::InstanceNumber, "1");
}

DicomBuilder& DicomBuilder::patient(std::string_view id, std::string_view name) {
  return set(tags::PatientID, id).set(tags::PatientName, name);
}
DicomBuilder& DicomBuilder::study(std::string_view uid) {
  return set(tags::StudyInstanceUID, uid);
}
DicomBuilder& DicomBuilder::series(std::string_view uid) {
  return set(tags::SeriesInstanceUID, uid);
}
DicomBuilder& DicomBuilder::instance(std::string_view uid) {
  return set(tags::SOPInstanceUID, uid);
}
DicomBuilder& DicomBuilder::sop_class(std::string_view uid) {
  return set(tags::SOPClassUID, uid);
}
DicomBuilder& DicomBuilder::modality(std::string_view modality) {
  return set(tags::Modality, modality);
}

DicomBuilder& DicomBuilder::set(Tag tag, std::string_view text) {
  dataset_.set_text(tag, text);
  return *this;
}

DicomBuilder& DicomBuilder::set_bytes(Tag tag, Vr vr, std::string bytes) {
  dataset_.set_bytes(tag, vr, std::move(bytes));
  return *this;
}

DicomBuilder& DicomBuilder::erase(Tag tag) {
  dataset_.erase(tag);
  return *this;
}

DicomBuilder& DicomBuilder::pixels(int rows, int columns, int bits, int frames) {
  const int bytes_per_pixel = bits <= 8 ? 1 : bits <= 16 ? 2 : 4;
  const std::uint64_t mask = (std::uint64_t{1} << bits) - 1;
  dataset_.set_number(tags::SamplesPerPixel, 1);
  dataset_.set_text(tags::PhotometricInterpretation, "MONOCHROME2");
  if (frames != 1) dataset_.set_number(tags::NumberOfFrames, frames);
  dataset_.set_number(tags::Rows, rows);
  dataset_.set_number(tags::Columns, columns);
  dataset_.set_number(tags::BitsAllocated, 8 * bytes_per_pixel);
  dataset_.set_number(tags::BitsStored, bits);
  dataset_.set_number(tags::HighBit, bits - 1);
  dataset_.set_number(tags::PixelRepresentation, 0);

  std::string pixels;
  const std::uint64_t count = std::uint64_t(rows) * std::uint64_t(columns) * std::uint64_t(frames);
  for (std::uint64_t n = 0; n < count; ++n) {
    for (int byte = 0; byte < bytes_per_pixel; ++byte) {
      pixels.push_back(static_cast<char>((n & mask) >> (8 * byte) & 0xff));
    }
  }
  dataset_.set_bytes(tags::PixelData, bytes_per_pixel == 1 ? Vr::OB : Vr::OW, std::move(pixels));
  return *this;
}

DicomBuilder& DicomBuilder::in(std::string_view transfer_syntax) {
  transfer_syntax_ = transfer_syntax;
  return *this;
}

std::string DicomBuilder::bytes() const {
  const TransferSyntax* syntax = find_transfer_syntax(transfer_syntax_);
  if (syntax == nullptr) throw std::invalid_argument("unknown transfer syntax " + transfer_syntax_);
  // Not encode_file: a test may want a file whose UIDs are missing.
  auto encoded = encode_dataset(dataset_, *syntax);
  if (!encoded) throw std::invalid_argument(encoded.error().message);
  return encode_meta(dataset_.text_or(tags::SOPClassUID, ""),
                     dataset_.text_or(tags::SOPInstanceUID, ""), syntax->uid, "") +
         *encoded;
}

}  // namespace dcmfs
