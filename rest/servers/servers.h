#pragma once
// Servers of DICOMweb that this one is a client of: /dicom-web/servers, as the DICOMweb plugin of Orthanc has it.
#include "rest/http/message.h"
#include "rest/services.h"

namespace dcmfs::rest {

// -- the list
Result<Response> list_servers(const Services&, Request&);
Result<Response> show_server(const Services&, Request&);
Result<Response> put_server(const Services&, Request&);
Result<Response> remove_server(const Services&, Request&);

// -- one call
// What it answers, as it answers it; of any size.
Result<Response> get_from_server(const Services&, Request&);
// A QIDO-RS search, answered in Orthanc's form.
Result<Response> search_server(const Services&, Request&);
// Of what "Level", "StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID" say.
Result<Response> delete_from_server(const Services&, Request&);

}  // namespace dcmfs::rest
