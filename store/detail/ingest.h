#pragma once
// From the bytes of a file to everything that the index keeps of it.
#include <cstddef>
#include <functional>

#include "store/detail/digest.h"
#include "store/detail/index.h"
#include "store/dicom/reader.h"
#include "store/result.h"
#include "store/time.h"

namespace dcmfs::detail {

// Longer values are cut in the index; the file has them whole.
inline constexpr std::size_t kIndexedValueBytesMax = 16 << 10;
// The largest real files, of microscopes, have some gigabytes. A sparse file of any size costs its
// sender nothing, and whoever hashes it a second for each gigabyte.
inline constexpr std::int64_t kInstanceBytesMax = std::int64_t{64} << 30;
Result<> check_instance_size(std::int64_t bytes);  // too_large

// The data set of a stored or spooled file. `fd` must stay open as long as the answer.
Result<DicomFile> read_header(int fd);

// `make_digest` is asked for when the header is known to be one, before anything is made of it. Errors: its own; those
// of read_dicom; too_large above kInstanceBytesMax; corrupt if the file is cut short or what it says
// it is cannot be an identifier; invalid_argument for a DICOMDIR.
using MakeDigest = std::function<Result<Digest>()>;
Result<NewInstance> read_instance(int fd, const MakeDigest& make_digest, Time received);

// Who the instance is, alone, also where the file is cut short or too large. Errors: else the same.
Result<Uids> read_uids(int fd, const MakeDigest& make_digest);

Sizes sizes_of(const DicomFile&);

// An attribute as the index keeps it.
std::optional<std::string> indexed_value(const DicomFile&, Tag);

}  // namespace dcmfs::detail
