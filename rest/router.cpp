#include <algorithm>
#include <charconv>
#include <optional>

#include "rest/route.h"
#include "store/dicom/text.h"

namespace dcmfs::rest {
namespace {

constexpr std::size_t kPartsMax = 32;
constexpr std::size_t kQueryTermsMax = 100;

std::vector<std::string_view> split(std::string_view path) {
  std::vector<std::string_view> parts;
  while (!path.empty() && parts.size() <= kPartsMax) {
    path.remove_prefix(1);  // the slash
    const auto end = path.find('/');
    parts.push_back(path.substr(0, end));
    path = end == path.npos ? std::string_view{} : path.substr(end);
  }
  // "/studies/" is "/studies"; "/" is no part at all
  if (!parts.empty() && parts.back().empty()) parts.pop_back();
  return parts;
}

std::optional<Request> match(const std::vector<std::string_view>& wanted,
                             const std::vector<std::string_view>& have) {
  if (wanted.size() != have.size()) return std::nullopt;
  Request request;
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    const auto part = percent_decoded(have[i]);
    if (!part || part->empty()) return std::nullopt;
    if (wanted[i].starts_with('{'))
      request.path.emplace(wanted[i].substr(1, wanted[i].size() - 2), *part);
    else if (wanted[i] != *part)
      return std::nullopt;
  }
  return request;
}

}  // namespace

std::string_view name(Method method) {
  switch (method) {
    case Method::get:
      return "GET";
    case Method::put:
      return "PUT";
    case Method::post:
      return "POST";
    case Method::delete_:
      return "DELETE";
  }
  return {};
}

std::variant<Found, NoSuchPath, WrongMethod> find_route(std::span<const Route> table,
                                                        std::string_view method,
                                                        std::string_view path) {
  if (!path.starts_with('/')) return NoSuchPath{};
  const auto have = split(path);
  const std::string_view asked = method == "HEAD" ? "GET" : method;
  WrongMethod wrong;
  for (const Route& route : table) {
    auto request = match(split(route.pattern), have);
    if (!request) continue;
    if (name(route.method) == asked) return Found{&route, std::move(*request)};
    wrong.allowed += (wrong.allowed.empty() ? "" : ", ") + std::string(name(route.method));
    if (route.method == Method::get) wrong.allowed += ", HEAD";
  }
  if (wrong.allowed.empty()) return NoSuchPath{};
  return wrong;
}

std::optional<std::string> percent_decoded(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    unsigned char byte = 0;
    if (i + 2 >= text.size()) return std::nullopt;
    const char* first = text.data() + i + 1;
    const auto [end, failed] = std::from_chars(first, first + 2, byte, 16);
    if (failed != std::errc{} || end != first + 2 || byte == 0) return std::nullopt;
    out += static_cast<char>(byte);
    i += 2;
  }
  return is_valid_utf8(out) ? std::optional(out) : std::nullopt;
}

std::map<std::string, std::string, std::less<>> query_of(std::string_view text) {
  std::map<std::string, std::string, std::less<>> terms;
  while (!text.empty() && terms.size() < kQueryTermsMax) {
    const auto end = text.find('&');
    std::string term(text.substr(0, end));
    text.remove_prefix(end == text.npos ? text.size() : end + 1);
    std::ranges::replace(term, '+', ' ');
    const auto equals = term.find('=');
    const auto key = percent_decoded(std::string_view(term).substr(0, equals));
    const auto value = percent_decoded(
        equals == term.npos ? std::string_view{} : std::string_view(term).substr(equals + 1));
    if (key && value && !key->empty()) terms.insert_or_assign(*key, *value);
  }
  return terms;
}

}  // namespace dcmfs::rest
