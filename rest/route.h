#pragma once
// A route is a row: what is asked, who may ask, who answers. The router, 404, 405, HEAD,
// and the access rule follow from the table.
#include <functional>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "rest/facts.h"
#include "store/store.h"

namespace dcmfs::rest {

enum class Method : std::uint8_t { get, put, post, delete_ };
std::string_view name(Method);

enum class Access : std::uint8_t { anyone, users };

struct Services {  // what a handler may use
  Store& store;
  const Facts& facts;
};

struct Request {
  std::map<std::string, std::string, std::less<>> path;   // the {parts} of the pattern, decoded
  std::map<std::string, std::string, std::less<>> query;  // ?name=value, decoded
};

struct Response {
  std::string type = "application/json";
  std::string body;
};

using Handler = Result<Response> (*)(const Services&, const Request&);

struct Route {
  Method method;
  std::string_view pattern;  // "/studies/{id}"
  Access access;
  Handler handler;
  std::string_view summary;
};

std::span<const Route> routes();

struct Found {
  const Route* route;
  Request request;
};
struct NoSuchPath {};
struct WrongMethod {
  std::string allowed;  // for the Allow header
};
// `path` as it stands in the request line, without the query: parts are decoded one by one, so
// an encoded slash stays inside its part. HEAD is asked for as GET.
std::variant<Found, NoSuchPath, WrongMethod> find_route(std::span<const Route>,
                                                        std::string_view method,
                                                        std::string_view path);

// "%41+b" to "A+b"; nullopt if it is not well formed or not UTF-8.
std::optional<std::string> percent_decoded(std::string_view);
std::map<std::string, std::string, std::less<>> query_of(std::string_view);

}  // namespace dcmfs::rest
