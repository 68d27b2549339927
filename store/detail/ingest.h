#pragma once
// From the bytes of a file to everything that the index keeps of it.
#include <cstddef>

#include "store/detail/index.h"
#include "store/dicom/reader.h"
#include "store/result.h"
#include "store/time.h"

namespace dcmfs::detail {

// Longer values are cut in the index; the file has them whole.
inline constexpr std::size_t kIndexedValueBytesMax = 16 << 10;

// The data set of a stored or spooled file. `fd` must stay open as long as the answer.
Result<DicomFile> read_header(int fd);

// Errors: those of read_dicom; corrupt if the file is cut short or what it says it
// is cannot be an identifier; invalid_argument for a DICOMDIR.
Result<NewInstance> read_instance(int fd, Time received);

Sizes sizes_of(const DicomFile&);

// An attribute as the index keeps it.
std::optional<std::string> indexed_value(const DicomFile&, Tag);

}  // namespace dcmfs::detail
