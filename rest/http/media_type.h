#pragma once
// Media types in Content-Type and Accept, RFC 9110 8.3.1 and 12.5.1.
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "rest/http/message.h"

namespace dcmfs::rest {

// Without white space at both ends.
std::string_view trimmed(std::string_view);

struct MediaType {
  std::string name;  // "multipart/related", in lower case; "image/jpg" is "image/jpeg"
  std::map<std::string, std::string, WithoutCase>
      parameters;  // without quotation marks; "q" is not among them
  double quality = 1;
  std::vector<std::string> except{};  // of a wildcard: what the same list refuses

  static std::optional<MediaType> parse(std::string_view);
  // Whether `offered` ("image/png") is what this asks for, by wildcards also.
  bool accepts(std::string_view offered) const;
};

// Of an Accept header or several in one, best first; what is no media type is left out. An empty
// header accepts everything. What has a q of 0 no wildcard accepts (RFC 9110 12.4.2).
std::vector<MediaType> accepted_types(std::string_view accept);
// The first of `offered` that is accepted best; npos if none is.
std::size_t best_of(const std::vector<MediaType>& accepted,
                    std::initializer_list<std::string_view> offered);

}  // namespace dcmfs::rest
