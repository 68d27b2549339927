#pragma once
// A request and a response, as handlers see them: nothing in here knows how they travel.
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "store/blob.h"
#include "store/level.h"
#include "store/result.h"
#include "store/spool.h"

namespace dcmfs::rest {

enum class Method : std::uint8_t { get, put, post, delete_ };
std::string_view name(Method);

struct WithoutCase {  // of ASCII letters: names of headers
  using is_transparent = void;
  bool operator()(std::string_view, std::string_view) const;
};
using Headers = std::map<std::string, std::string, WithoutCase>;
bool same_but_case(std::string_view, std::string_view);
// Empty if it is not there.
std::string_view header(const Headers&, std::string_view name);

// What stands behind the '?', decoded once and in its order.
class Parameters {
 public:
  Parameters() = default;
  // "a=1&b&a=2". invalid_argument: not well formed, not UTF-8, or too many.
  static Result<Parameters> parse(std::string_view query);

  const std::string* find(std::string_view name) const;  // the first of that name, or null
  std::string text(std::string_view name, std::string_view otherwise = {}) const;
  // Whether it is there, and is not "false" or "0".
  bool flag(std::string_view name) const;
  // A decimal number from 0 on; invalid_argument if it is something else.
  Result<std::optional<std::int64_t>> number(std::string_view name) const;
  const std::vector<std::pair<std::string, std::string>>& all() const { return terms_; }

 private:
  std::vector<std::pair<std::string, std::string>> terms_;
};

// What came behind the headers: in memory, or in the spool of the store if the route takes a file.
struct Body {
  std::string text;
  std::optional<SpoolFile> file;
};
struct Part {  // of a multipart body, RFC 2046 5.1
  Headers headers;
  Body body;
};

struct Request {
  Method method = Method::get;
  std::string path_text;                                 // as it was asked for, still encoded
  Level level{};                                         // {level} of the pattern
  std::map<std::string, std::string, std::less<>> path;  // its other {parts}, decoded
  Parameters query;
  Headers headers;
  Body body;
  std::vector<Part> parts;  // if the body was multipart; then `body` is empty
  std::string user;         // empty: nobody had to say who he is
  bool may_write = true;    // he is not one of ReadOnlyUsers
  std::string address;      // of the client
  bool by_proxy = false;    // that is trusted with files: proxy.h

  const std::string& part(std::string_view name) const;  // of the path; the pattern must have it
};

// Bytes that are made while they are sent. `read` may block; 0 is the end. An error ends the
// connection, which is all that HTTP has for it.
class Source {
 public:
  virtual ~Source() = default;
  virtual Result<std::size_t> read(std::span<std::byte> into) = 0;
  // Goes on from this offset. False: it can only be read from its beginning; nothing changed.
  virtual bool seek(std::int64_t /*offset*/) { return false; }
  // Nobody wants more: a read() that waits returns at once. From any thread.
  virtual void stop() {}
};
struct Streamed {
  std::unique_ptr<Source> source;
  std::optional<std::int64_t> size;  // if it is known before
  bool endless = false;              // waits for what happens: gets a thread of its own
};
struct FileRange {  // of a stored file
  std::shared_ptr<const Blob> blob;
  std::int64_t offset = 0;
  std::int64_t size = 0;
};

struct Response {
  int status = 200;
  std::string type = "application/json; charset=utf-8";
  Headers headers{};
  std::variant<std::string, FileRange, Streamed> body{};
  std::string etag{};  // without quotation marks; conditions of the request are answered by it
  bool etag_is_weak =
      false;  // RFC 9110 8.8.1: the same again, but for a boundary or an encoding; has no ranges
};

// A parameter of a path that counts: decimal digits alone. not_found: it is something else.
Result<int> path_number(const Request&, std::string_view part);

Response text_response(std::string text);
Response file_response(Blob, std::string type);

}  // namespace dcmfs::rest
