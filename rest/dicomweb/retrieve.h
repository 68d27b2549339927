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
// application/zip. What of several cannot be had in the transfer syntax that is asked for comes as it is
// stored, and says so (PS3.18 8.7.8.2). 406: none can be had so.
Result<Response> retrieve_instances(const Services&, Request&);

// The file of an instance in the first of these transfer syntaxes ("*", "" or a UID) that it can be
// made in, by what its attributes say; as stored if "" is among them and cannot be made (8.7.3). nullopt: none.
struct FileForm {
  const TransferSyntax* target = nullptr;  // nullptr: as stored
  std::string transfer_syntax;
  // Of what is stored, if that will do where a codestream turns out to be damaged.
  std::optional<std::string> otherwise{};
};
Result<std::optional<FileForm>> file_form(const Services&, RowId, const StoredFile&,
                                          const std::vector<std::string>& transfer_syntaxes);
// not_supported, corrupt, too_large: its pixels cannot be decoded, and nothing else will do.
Result<OutgoingPart> dicom_part(Store&, RowId, const FileForm&);

}  // namespace dcmfs::rest
