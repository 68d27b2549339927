#include "store/dicom/document.h"

#include <cstddef>

namespace dcmfs {
namespace {

// PS3.3 C.24.2: the attribute counts the bytes of the document; the value has at most one more
// (PS3.5 6.2, OB). Without the attribute, or where it is wrong, a NUL at the end is that byte: a
// PDF ends with "%%EOF".
std::int64_t length_without_padding(const Dataset& dataset, std::int64_t value_length,
                                    std::byte last) {
  const auto told = dataset.integer(tags::EncapsulatedDocumentLength);
  if (told && (*told == value_length || *told == value_length - 1)) return *told;
  return last == std::byte{} ? value_length - 1 : value_length;
}

}  // namespace

Result<DocumentRange> find_pdf(const DicomFile& file) {
  if (file.dataset.text_or(tags::SOPClassUID, "") != uids::EncapsulatedPDFStorage) {
    return Error{Errc::not_found, "no encapsulated PDF"};
  }
  return find_document(file);
}

Result<DocumentRange> find_document(const DicomFile& file) {
  const Dataset& dataset = file.dataset;
  const Element* element = dataset.find(tags::EncapsulatedDocument);
  if (!element) return Error{Errc::not_found, "no encapsulated document"};
  // Only pixel data has fragments (PS3.5 A.4). UN is OB of which the writer knew no better.
  if (element->length == Element::kUndefinedLength || element->offset < 0 ||
      (element->vr != Vr::OB && element->vr != Vr::UN)) {
    return Error{Errc::not_supported, "a document in an unusual encoding"};
  }
  if (element->length == 0) return Error{Errc::not_found, "an empty document"};
  std::byte last{};
  DCMFS_TRY(const std::size_t got,
            file.content->read(element->offset + element->length - 1, {&last, 1}));
  if (got != 1) return Error{Errc::corrupt, "the file ends inside the document"};
  const std::int64_t length = length_without_padding(dataset, element->length, last);
  if (length == 0) return Error{Errc::not_found, "an empty document"};
  return DocumentRange{element->offset, length};
}

}  // namespace dcmfs
