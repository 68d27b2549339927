#pragma once
// Studies, series and instances as DICOM files: WADO-RS (PS3.18 10.4), in the transfer syntax that
// the client asks for (8.7.3.5.2): without one Explicit VR Little Endian, "*" as they are stored, else
// what store/transcode.h makes.
#include <optional>
#include <string>
#include <vector>

#include "rest/dicomweb/multipart_source.h"
#include "rest/dicomweb/negotiation.h"
#include "rest/http/route.h"
#include "store/dicom/transfer_syntax.h"
#include "store/store.h"

namespace dcmfs::rest {

// multipart/related of type application/dicom; one instance alone also as application/dicom; all in an
// application/zip, where what cannot be had in the transfer syntax that is asked for stays as it is.
// 406: an instance cannot be had so.
Result<Response> retrieve_instances(const Services&, Request&);

// The file of an instance in the first of these transfer syntaxes ("*", "" or a UID) that it can be
// made in, by what its attributes say. nullopt: none. `target` is nullptr where it is as stored.
struct FileForm {
  const TransferSyntax* target = nullptr;
  std::string transfer_syntax;
};
Result<std::optional<FileForm>> file_form(const Services&, RowId, const StoredFile&,
                                          const std::vector<std::string>& transfer_syntaxes);
// not_supported: its pixels cannot be decoded.
Result<OutgoingPart> dicom_part(Store&, RowId, const FileForm&);

}  // namespace dcmfs::rest
