#pragma once
// Archives as bodies.
#include <memory>
#include <optional>
#include <string>

#include "rest/http/message.h"
#include "rest/orthanc/archive_contents.h"
#include "store/dicom/transfer_syntax.h"

namespace dcmfs::rest {

struct ArchiveOptions {
  // From 0, stored, to 9. Stored, the size is known before, and any part can be had alone.
  int level = 0;
  const TransferSyntax* transcode = nullptr;  // what cannot be transcoded stays as it is
};
// The store must outlive it.
Streamed archive_body(Store&, ArchiveContents, const ArchiveOptions&);
// Of the same files in the same order; of a media another one each time.
std::string etag_of(const ArchiveContents&);

}  // namespace dcmfs::rest
