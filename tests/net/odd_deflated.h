#pragma once
// A deflated data set of odd length, as files have them whose writer did not pad (PS3.5 A.5).
#include <stdexcept>
#include <string>

#include "store/dicom/reader.h"
#include "store/dicom/transfer_syntax.h"
#include "store/dicom/writer.h"
#include "tests/net/ends.h"
#include "tests/support/make_dicom.h"

namespace dcmfs::net {

struct OddDeflated {
  std::string instance, dataset;

  std::string file() const {
    return encode_meta(kCt, instance, uids::DeflatedExplicitVRLittleEndian, "SOMEBODY") + dataset;
  }
};

// The writer of ours pads: one that it had to, without what it added.
inline OddDeflated odd_deflated() {
  const auto& syntax = *find_transfer_syntax(uids::DeflatedExplicitVRLittleEndian);
  for (int n = 1; n < 1000; ++n) {
    const std::string instance = "1.2.826.0.1." + std::to_string(n);
    const auto dicom =
        make_dicom().sop_class(kCt).study("1.2.3").series("1.2.4").instance(instance);
    std::string bytes = *encode_dataset(dicom.dataset(), syntax);
    if (bytes.back() != '\0') continue;
    bytes.pop_back();
    if (read_bare_dataset(bytes, syntax, {})) return {instance, bytes};
  }
  throw std::runtime_error("no data set becomes odd");
}

}  // namespace dcmfs::net
