#pragma once
// Files of resources: those that people and programs attach, and of an instance "dicom", its own.
#include "rest/http/route.h"

namespace dcmfs::rest {

Result<Response> list_attachments(const Services&, Request&);
Result<Response> list_operations(const Services&, Request&);
Result<Response> put_attachment(const Services&, Request&);
Result<Response> remove_attachment(const Services&, Request&);

Result<Response> attachment_data(const Services&, Request&);
Result<Response> attachment_info(const Services&, Request&);
Result<Response> attachment_md5(const Services&, Request&);
Result<Response> attachment_size(const Services&, Request&);
Result<Response> attachment_uuid(const Services&, Request&);
Result<Response> verify_attachment(const Services&, Request&);
// Nothing is stored compressed.
Result<Response> is_compressed(const Services&, Request&);
Result<Response> compress_attachment(const Services&, Request&);
Result<Response> uncompress_attachment(const Services&, Request&);

}  // namespace dcmfs::rest
