#pragma once
// The document in an Encapsulated PDF, CDA, STL ... as what it is: its own media type (PS3.3 C.24.2).
#include <optional>
#include <string>

#include "rest/http/message.h"
#include "rest/instance_file.h"

namespace dcmfs::rest {

struct Services;

// What MIMETypeOfEncapsulatedDocument says, in lower case and without parameters; "" : nothing, or no media type.
std::string document_type(const Dataset&);

// Without the byte that makes its length even. What could run in a browser may do nothing there.
Result<Response> document_response(std::shared_ptr<const OpenInstance>, const std::string& type);

// For who takes a document rather than a picture (PS3.18 8.7.4, 10.4.1.1.3): the one that a path of an instance
// leads to. nullopt: there is none, or he does not take it.
std::optional<Response> rendered_document(const Services&, const Request&);

}  // namespace dcmfs::rest
