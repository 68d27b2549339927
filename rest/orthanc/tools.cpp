#include "rest/orthanc/tools.h"

#include <algorithm>
#include <cstdio>
#include <ctime>
#include <random>
#include <set>

#include "rest/http/error.h"
#include "rest/http/media_type.h"
#include "rest/orthanc/resource_id.h"
#include "rest/orthanc/resources.h"
#include "store/dicom/match.h"
#include "store/dicom/transfer_syntax.h"

namespace dcmfs::rest {
namespace {

struct NamedLevel {
  std::string_view name;
  LogLevel level;
};
constexpr NamedLevel kLogLevels[] = {
    {"default", LogLevel::normal}, {"verbose", LogLevel::verbose}, {"trace", LogLevel::trace}};

// What text without a Specific Character Set is read as where it is no UTF-8.
constexpr std::string_view kDefaultEncoding = "Latin1";

std::uint64_t random_bits() {
  std::random_device device;
  return std::uint64_t{device()} << 32 | device();
}

// RFC 9562 5.4.
std::string random_uuid() {
  const std::uint64_t high = (random_bits() & ~std::uint64_t{0xf000}) | 0x4000;
  const std::uint64_t low = (random_bits() & ~(std::uint64_t{3} << 62)) | std::uint64_t{1} << 63;
  char text[40];
  std::snprintf(text, sizeof text, "%08llx-%04llx-%04llx-%04llx-%012llx", static_cast<unsigned long long>(high >> 32),
                static_cast<unsigned long long>(high >> 16 & 0xffff), static_cast<unsigned long long>(high & 0xffff),
                static_cast<unsigned long long>(low >> 48), static_cast<unsigned long long>(low & 0xffff'ffff'ffff));
  return text;
}

}  // namespace

Result<Response> list_tools(const Services&, Request&) {
  constexpr std::string_view kAbove = "/tools/";
  std::set<std::string_view> names;
  for (const auto table : route_tables())
    for (const Route& route : table)
      if (route.pattern.starts_with(kAbove))
        names.insert(route.pattern.substr(kAbove.size(), route.pattern.find('/', kAbove.size()) - kAbove.size()));
  JsonWriter json;
  json.begin_array();
  for (const std::string_view name : names) json.text(name);
  json.end_array();
  return written(std::move(json));
}

// What Orthanc does by plugins is part of this program. The script is what its old web page asks for.
Result<Response> list_plugins(const Services&, Request&) {
  JsonWriter json;
  json.begin_array().text("explorer.js").end_array();
  return written(std::move(json));
}

Result<Response> show_plugin(const Services&, Request&) {
  return Error{Errc::not_found, "there is no such plugin"};
}

Result<Response> explorer_script(const Services&, Request&) {
  return Response{.type = "application/javascript; charset=utf-8", .body = "// No extensions\n"};
}

Result<Response> now_utc(const Services&, Request&) {
  return text_response(time_text(now()));
}

Result<Response> now_local(const Services&, Request&) {
  const std::time_t seconds = to_ms(now()) / 1000;
  std::tm local{};
  ::localtime_r(&seconds, &local);
  char text[32];
  const auto size = std::strftime(text, sizeof text, "%Y%m%dT%H%M%S", &local);
  return text_response({text, size});
}

// A PatientID is no UID: a UUID is as unique.
Result<Response> generate_uid(const Services&, Request& request) {
  DCMFS_TRY(const Level level, level_named(request.query.text("level")));
  if (level == Level::patient) return text_response(random_uuid());
  return text_response(uid_from_bits(random_bits(), random_bits()));
}

Result<Response> dicom_conformance(const Services& services, Request&) {
  return text_response(services.facts.conformance);
}

Result<Response> execute_script(const Services&, Request&) {
  return Error{Errc::denied, "this server runs no scripts"};
}

Result<Response> show_log_level(const Services& services, Request&) {
  const LogLevel level = services.log ? services.log->level() : LogLevel::normal;
  return text_response(std::string(std::ranges::find(kLogLevels, level, &NamedLevel::level)->name));
}

Result<Response> put_log_level(const Services& services, Request& request) {
  const auto wanted = trimmed(request.body.text);
  const auto* found = std::ranges::find(kLogLevels, wanted, &NamedLevel::name);
  if (found == std::end(kLogLevels))
    return failure_response({400, orthanc_errors::kOutOfRange, "the level must be default, verbose or trace"}, request);
  if (!services.log) return Error{Errc::denied, "how much is logged cannot be changed"};
  services.log->set_level(found->level);
  return text_response({});
}

Result<Response> show_default_encoding(const Services&, Request&) {
  return text_response(std::string(kDefaultEncoding));
}

Result<Response> put_default_encoding(const Services& services, Request& request) {
  if (trimmed(request.body.text) != kDefaultEncoding) return refuse_change(services, request);
  return show_default_encoding(services, request);
}

Result<Response> accepted_transfer_syntaxes(const Services& services, Request&) {
  JsonWriter json;
  json.begin_array();
  for (const TransferSyntax& syntax : transfer_syntaxes()) {
    const auto is_wanted = [&](const std::string& pattern) { return matches_wildcard(pattern, syntax.uid); };
    if (std::ranges::any_of(services.facts.accepted_transfer_syntaxes, is_wanted)) json.text(syntax.uid);
  }
  json.end_array();
  return written(std::move(json));
}

Result<Response> unknown_sop_class_accepted(const Services& services, Request&) {
  return text_response(services.facts.accepts_unknown_sop_classes ? "1" : "0");
}

Result<Response> refuse_change(const Services&, Request&) {
  return Error{Errc::denied, "the configuration says this, and a request cannot change it"};
}

}  // namespace dcmfs::rest
