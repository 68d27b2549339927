#pragma once
// The DICOM JSON model (PS3.18 annex F): attributes by tag, with their VR. (The `.json` of the
// mounted tree is another thing, store/dicom/json.h.)
//
// Always UTF-8; SpecificCharacterSet tells what the source was in (F.2.2 note 3). Group lengths and
// group 0002 are left out. IS, DS and binary numbers are numbers where JSON can hold them, else
// strings. Pixel data, what stayed on disk and binary values of more than kInlineBytesMax are told
// by a BulkDataURI, shorter ones by InlineBinary.
// The same data set always gives the same bytes.
#include <string>
#include <string_view>

#include "store/dicom/bulk_data.h"
#include "store/dicom/dataset.h"

namespace dcmfs {

// One object, without white space. `bulk_data`: the URI that the path of a value is put behind,
// "BULK/7FE00010" or, in the second item of a sequence, "BULK/54000100/1/54001010"; "" : values
// that would need one are left out. `also`: attributes that are told as if the data set had them.
std::string dicom_json(const Dataset&, std::string_view bulk_data = {}, const Dataset& also = {});

}  // namespace dcmfs
