#pragma once
// A route is a row: what is asked, of which levels, who may ask, what it takes, who answers. The
// router, 404, 405, OPTIONS, HEAD, the access rule and the OpenAPI document follow from the table.
#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <variant>

#include "rest/http/message.h"
#include "store/level.h"

namespace dcmfs::rest {

struct Services;  // what a handler may use: rest/services.h

enum class Access : std::uint8_t {
  anyone,  // without a name
  read,    // users
  write,   // users that are not in ReadOnlyUsers
};
enum class Takes : std::uint8_t {
  nothing,
  text,   // a body in memory: JSON, a word
  file,   // a body of any size, as it is, in the spool
  files,  // the same, or its parts if it is multipart
};
enum class Gives : std::uint8_t {  // for whoever makes a client; a handler is not held to it
  anything,                        // JSON or bytes
  json,
  text,
  bytes,  // a file, a picture
};

class Levels {
 public:
  constexpr Levels() = default;
  constexpr Levels(Level level) : bits_(static_cast<std::uint8_t>(1u << index_of(level))) {}
  constexpr bool has(Level level) const { return (bits_ >> index_of(level) & 1u) != 0; }
  constexpr Levels operator|(Levels other) const {
    Levels both;
    both.bits_ = static_cast<std::uint8_t>(bits_ | other.bits_);
    return both;
  }

 private:
  std::uint8_t bits_ = 0;
};
inline constexpr Levels kNoLevel{};
inline constexpr Levels kPatient{Level::patient}, kStudy{Level::study}, kSeries{Level::series},
    kInstance{Level::instance};
inline constexpr Levels kAllLevels = kPatient | kStudy | kSeries | kInstance;
inline constexpr Levels kAboveInstance = kPatient | kStudy | kSeries;

// May block: it runs in a worker. Its Error becomes a status and a JSON body (error.h).
using Handler = Result<Response> (*)(const Services&, Request&);

struct Route {
  Method method;
  std::string_view pattern;  // "/{level}/{id}/labels/{label}"; "{path...}" takes all the rest
  Levels levels;             // what {level} may be, in its plural
  Access access;
  Takes takes;
  Handler handler;
  std::string_view summary;  // a "?name" in it is a parameter of the query
  Gives gives = Gives::anything;
};

using RouteTable = std::span<const Route>;
// All tables; the first row that fits is taken.
std::span<const RouteTable> route_tables();

struct Found {
  const Route* route;
  Request request;  // level and path
};
struct NoSuchPath {};
struct WrongMethod {
  std::string allowed;  // for the Allow header
};
// `path` as it stands in the request line, without the query: parts are decoded one by one, so
// an encoded slash stays inside its part. HEAD is asked for as GET.
std::variant<Found, NoSuchPath, WrongMethod> find_route(std::span<const RouteTable>,
                                                        std::string_view method,
                                                        std::string_view path);

}  // namespace dcmfs::rest
