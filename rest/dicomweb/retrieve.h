#pragma once
// Studies, series and instances as DICOM files: WADO-RS (PS3.18 10.4), in the transfer syntax that
// the client asks for (8.7.3.5.2): without one Explicit VR Little Endian, "*" as they are stored.
#include <optional>
#include <string>
#include <vector>

#include "rest/dicomweb/multipart_source.h"
#include "rest/dicomweb/negotiation.h"
#include "rest/http/route.h"
#include "store/dicom/transfer_syntax.h"
#include "store/store.h"

namespace dcmfs::rest {

// multipart/related of type application/dicom; one instance alone also as application/dicom.
// 406: an instance cannot be had so.
Result<Response> retrieve_instances(const Services&, Request&);

// The file of an instance in the first of these transfer syntaxes ("*", "" or a UID) that it can be
// made in. nullopt: none. `target` is nullptr where it is as stored.
struct FileForm {
  const TransferSyntax* target = nullptr;
  std::string transfer_syntax;
};
std::optional<FileForm> file_form(const StoredFile&, const std::vector<std::string>& transfer_syntaxes);
// not_supported: its pixels cannot be decoded.
Result<OutgoingPart> dicom_part(Store&, RowId, const FileForm&);

}  // namespace dcmfs::rest
