#pragma once
// Small calls about the server itself, below /tools and /plugins.
#include "rest/http/route.h"

namespace dcmfs::rest {

Result<Response> list_tools(const Services&, Request&);
Result<Response> list_plugins(const Services&, Request&);
Result<Response> show_plugin(const Services&, Request&);
Result<Response> explorer_script(const Services&, Request&);

Result<Response> now_utc(const Services&, Request&);
Result<Response> now_local(const Services&, Request&);
Result<Response> generate_uid(const Services&, Request&);
Result<Response> dicom_conformance(const Services&, Request&);
Result<Response> execute_script(const Services&, Request&);

Result<Response> write_to_disk(const Services&, Request&);  // never
Result<Response> restart_program(const Services&, Request&);
Result<Response> stop_program(const Services&, Request&);
Result<Response> show_log_level(const Services&, Request&);
Result<Response> put_log_level(const Services&, Request&);
Result<Response> show_default_encoding(const Services&, Request&);
Result<Response> put_default_encoding(const Services&, Request&);
Result<Response> accepted_transfer_syntaxes(const Services&, Request&);
Result<Response> put_accepted_transfer_syntaxes(const Services&, Request&);
Result<Response> unknown_sop_class_accepted(const Services&, Request&);
Result<Response> put_unknown_sop_class_accepted(const Services&, Request&);

}  // namespace dcmfs::rest
