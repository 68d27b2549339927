#include "rest/http/message.h"

#include <algorithm>
#include <cassert>
#include <limits>

#include <strings.h>

#include "rest/http/percent.h"
#include "store/number.h"

namespace dcmfs::rest {
namespace {

constexpr std::size_t kParametersMax = 1000;

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

bool WithoutCase::operator()(std::string_view a, std::string_view b) const {
  const int order = ::strncasecmp(a.data(), b.data(), std::min(a.size(), b.size()));
  return order != 0 ? order < 0 : a.size() < b.size();
}

bool same_but_case(std::string_view a, std::string_view b) {
  return !WithoutCase()(a, b) && !WithoutCase()(b, a);
}

std::string_view header(const Headers& headers, std::string_view name) {
  const auto found = headers.find(name);
  return found == headers.end() ? std::string_view{} : std::string_view(found->second);
}

Result<Parameters> Parameters::parse(std::string_view query) {
  Parameters parameters;
  while (!query.empty()) {
    if (parameters.terms_.size() == kParametersMax)
      return Error{Errc::invalid_argument, "too many parameters"};
    const auto end = query.find('&');
    std::string term(query.substr(0, end));
    query.remove_prefix(end == query.npos ? query.size() : end + 1);
    if (term.empty()) continue;
    std::ranges::replace(term, '+', ' ');
    const std::string_view view = term;
    const auto equals = view.find('=');
    auto key = percent_decoded(view.substr(0, equals));
    auto value =
        percent_decoded(equals == view.npos ? std::string_view{} : view.substr(equals + 1));
    if (!key || !value)
      return Error{Errc::invalid_argument, "a parameter is not well encoded UTF-8"};
    parameters.terms_.emplace_back(*std::move(key), *std::move(value));
  }
  return parameters;
}

const std::string* Parameters::find(std::string_view name) const {
  const auto found = std::ranges::find(
      terms_, name, [](const auto& term) { return std::string_view(term.first); });
  return found == terms_.end() ? nullptr : &found->second;
}

std::string Parameters::text(std::string_view name, std::string_view otherwise) const {
  const auto* found = find(name);
  return found ? *found : std::string(otherwise);
}

bool Parameters::flag(std::string_view name) const {
  const auto* found = find(name);
  return found && *found != "0" && ::strcasecmp(found->c_str(), "false") != 0;
}

Result<std::optional<std::int64_t>> Parameters::number(std::string_view name) const {
  const auto* found = find(name);
  if (!found) return std::optional<std::int64_t>{};
  const auto number = parse_natural(*found);
  if (!number)
    return Error{Errc::invalid_argument, std::string(name) + " must be a number from 0 on"};
  return number;
}

const std::string& Request::part(std::string_view name) const {
  const auto found = path.find(name);
  assert(found != path.end());
  return found->second;
}

Result<int> path_number(const Request& request, std::string_view part) {
  const auto number = parse_natural(request.part(part));
  if (!number || *number > std::numeric_limits<int>::max())
    return Error{Errc::not_found, "no such " + std::string(part)};
  return static_cast<int>(*number);
}

Response text_response(std::string text) {
  return {.type = "text/plain; charset=utf-8", .body = std::move(text)};
}

Response file_response(Blob blob, std::string type) {
  const auto size = blob.size();
  return {.type = std::move(type),
          .body = FileRange{std::make_shared<const Blob>(std::move(blob)), 0, size}};
}

}  // namespace dcmfs::rest
