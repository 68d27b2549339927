#pragma once
// The document inside an instance (PS3.3 C.24.2): where its bytes are.
#include <cstdint>

#include "store/dicom/reader.h"
#include "store/result.h"

namespace dcmfs {

struct DocumentRange {
  std::int64_t offset = 0;  // in DicomFile::content
  std::int64_t length = 0;  // without the byte that makes an odd value even
};

// The document of whatever SOP class. Errors as those of find_pdf.
Result<DocumentRange> find_document(const DicomFile&);
// The PDF of an Encapsulated PDF. Errors: not_found (another SOP class, or no document in it),
// not_supported (an encoding that PS3.5 does not give to a document), corrupt (the file ends before
// it does). Whether the bytes are a good PDF is not looked at.
Result<DocumentRange> find_pdf(const DicomFile&);

// Renewed whenever this build sees other documents: their sizes are kept in the index.
inline constexpr int kDocumentVersion = 1;

}  // namespace dcmfs
