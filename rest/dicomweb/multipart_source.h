#pragma once
// A multipart/related body (RFC 2387; PS3.18 8.6.1.2) whose parts are made while it is sent.
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "rest/http/message.h"
#include "store/spool.h"

namespace dcmfs::rest {

using ResponseBody = decltype(Response::body);

struct OutgoingPart {
  std::string type;      // Content-Type
  std::string location;  // Content-Location; "" : none
  std::optional<std::int64_t> size;
  std::unique_ptr<Source> body;
};
// nullopt: that was the last one.
using NextPart = std::function<Result<std::optional<OutgoingPart>>()>;

// `part_type`: the media type of the parts, for the `type` parameter.
Response multipart_response(std::string_view part_type, NextPart);
// Of parts whose sizes are known, so that its own is, too. At least one.
Response multipart_response(std::string_view part_type, std::vector<OutgoingPart>);

// One part, likewise.
Response multipart_response(std::string_view part_type, OutgoingPart);
// The ETag of a body of parts, which has another boundary each time.
Response with_weak_etag(Response, std::string etag);

// Sources of parts.
std::unique_ptr<Source> text_source(std::string);
// Keeps the file until it is sent.
Result<OutgoingPart> part_of(SpoolFile, std::string type);
OutgoingPart part_of(FileRange, std::string type);
OutgoingPart part_of(std::string bytes, std::string type);
OutgoingPart part_of(ResponseBody, std::string type);

// The part alone as the answer.
Response single_response(OutgoingPart);

}  // namespace dcmfs::rest
