#pragma once
// The Native DICOM Model, PS3.19 A.1: a data set as XML, for those who ask DICOMweb for it.
//
// UTF-8; what XML 1.0 has no characters for becomes U+FFFD. Which values are told by the URI of their bulk data,
// which inline, and what is left out, is as in store/dicom/dicom_json.h. Private attributes have the number of their
// block left out, and name its creator.
// The same data set always gives the same bytes.
#include <string>
#include <string_view>

#include "store/dicom/dataset.h"

namespace dcmfs {

// A document, with its declaration. `bulk_data` and `also` are those of dicom_json().
std::string native_dicom_model(const Dataset&, std::string_view bulk_data = {},
                               const Dataset& also = {});

}  // namespace dcmfs
