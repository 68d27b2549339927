#pragma once
// Small valid DICOM files for tests:
//
//   make_dicom().patient("12345678", "DOE^JOHN").modality("CT").pixels(2, 3, 16).bytes()
//
// What is not said is there, too: every builder has its own UIDs.
#include <string>
#include <string_view>

#include "store/dicom/dataset.h"
#include "store/dicom/transfer_syntax.h"

namespace dcmfs {

class DicomBuilder {
 public:
  DicomBuilder();

  DicomBuilder& patient(std::string_view id, std::string_view name);
  DicomBuilder& study(std::string_view uid);
  DicomBuilder& series(std::string_view uid);
  DicomBuilder& instance(std::string_view uid);
  DicomBuilder& sop_class(std::string_view uid);
  DicomBuilder& modality(std::string_view);
  // UTF-8 text for any VR: "512" becomes two bytes in a US. "" is a present but empty attribute.
  DicomBuilder& set(Tag, std::string_view text);
  DicomBuilder& set_bytes(Tag, Vr, std::string bytes);
  DicomBuilder& erase(Tag);
  // Unsigned MONOCHROME2; the value of pixel number n, counted through all frames, is n modulo
  // 2^bits.
  DicomBuilder& pixels(int rows, int columns, int bits, int frames = 1);
  // How bytes() encodes; Explicit VR Little Endian unless said.
  DicomBuilder& in(std::string_view transfer_syntax);

  Dataset& dataset() { return dataset_; }
  const Dataset& dataset() const { return dataset_; }
  std::string bytes() const;  // a part-10 file

 private:
  Dataset dataset_;
  std::string transfer_syntax_{uids::ExplicitVRLittleEndian};
};

inline DicomBuilder make_dicom() {
  return DicomBuilder();
}

}  // namespace dcmfs
