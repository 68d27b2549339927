#pragma once
// From a request to the response that is sent: the handler, what HTTP asks beside it (conditions,
// ranges, packing), and errors as bodies.
#include <filesystem>
#include <string>
#include <vector>

#include "rest/http/message.h"
#include "rest/http/route.h"

namespace dcmfs::rest {

struct AnswerOptions {
  bool compress = true;           // texts, where the client takes gzip
  std::filesystem::path store{};  // its folder, without links in it: for proxy.h
};

// Never throws: what a handler throws becomes a 500.
Response answer(const Services&, const Route&, Request&, const AnswerOptions&);

// RFC 9110 13: If-None-Match, If-Range, Range, by response.etag. Ranges: of a file, a text, and of a
// stream of known size that can seek.
void apply_conditions(const Request&, Response&);

// Texts of some length become gzip; pixel data never does: a browser waits longer for it then.
void compress(const Request&, Response&);

}  // namespace dcmfs::rest
