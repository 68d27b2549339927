#include "rest/orthanc/tools.h"

#include <algorithm>
#include <ctime>
#include <random>
#include <set>

#include "rest/acceptance.h"
#include "rest/http/error.h"
#include "rest/http/hexadecimal.h"
#include "rest/http/json.h"
#include "rest/http/media_type.h"
#include "rest/orthanc/resource_id.h"
#include "rest/orthanc/resources.h"
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

// What Orthanc does by plugins, for those who ask whether it is there. It is part of this program.
struct BuiltIn {
  std::string_view id, description, root;  // seen from the page of Orthanc Explorer
};
constexpr BuiltIn kBuiltIn[] = {
    {"dicom-web", "QIDO-RS, WADO-RS, STOW-RS and WADO-URI, and their client", "../dicom-web"},
};

std::uint64_t random_bits() {
  std::random_device device;
  return std::uint64_t{device()} << 32 | device();
}

// RFC 9562 5.4.
std::string random_uuid() {
  const std::uint64_t high = (random_bits() & ~std::uint64_t{0xf000}) | 0x4000;
  const std::uint64_t low = (random_bits() & ~(std::uint64_t{3} << 62)) | std::uint64_t{1} << 63;
  return uuid_text(high, low);
}

// "UID", UID or ["UID", ...], each of which may be a pattern; an empty body is none.
Result<std::vector<std::string>> uid_patterns(std::string_view text) {
  constexpr std::size_t kPatternsMax = 1000, kPatternBytesMax = 64;
  std::vector<std::string> patterns;
  if (text.starts_with('[') || text.starts_with('"') || text.starts_with('{')) {
    DCMFS_TRY(const Json::Value listed, parse_json(text));
    Json::Value body;
    if (listed.isString())
      body["Uids"].append(listed);
    else
      body["Uids"] = listed;
    DCMFS_TRY(patterns, json_strings(body, "Uids"));
  } else if (!text.empty()) {
    patterns.emplace_back(text);
  }
  const auto is_pattern = [](const std::string& one) {
    return !one.empty() && one.size() <= kPatternBytesMax &&
           one.find_first_not_of("0123456789.*?") == one.npos;
  };
  if (patterns.size() > kPatternsMax || !std::ranges::all_of(patterns, is_pattern))
    return Error{Errc::invalid_argument,
                 "expected the UIDs of transfer syntaxes, in which * and ? may stand"};
  return patterns;
}

Result<bool> switch_of(std::string_view text) {
  if (text == "1" || text == "true") return true;
  if (text == "0" || text == "false") return false;
  return Error{Errc::invalid_argument, "expected 0 or 1"};
}

}  // namespace

Result<Response> list_tools(const Services&, Request&) {
  constexpr std::string_view kAbove = "/tools/";
  std::set<std::string_view> names;
  for (const auto table : route_tables())
    for (const Route& route : table)
      if (route.pattern.starts_with(kAbove))
        names.insert(route.pattern.substr(kAbove.size(),
                                          route.pattern.find('/', kAbove.size()) - kAbove.size()));
  JsonWriter json;
  json.begin_array();
  for (const std::string_view name : names) json.text(name);
  json.end_array();
  return written(std::move(json));
}

// The script is what Orthanc's old web page asks for.
Result<Response> list_plugins(const Services&, Request&) {
  JsonWriter json;
  json.begin_array().text("explorer.js");
  for (const BuiltIn& one : kBuiltIn) json.text(one.id);
  json.end_array();
  return written(std::move(json));
}

Result<Response> show_plugin(const Services& services, Request& request) {
  const auto* found = std::ranges::find(kBuiltIn, request.part("plugin"), &BuiltIn::id);
  if (found == std::end(kBuiltIn)) return Error{Errc::not_found, "there is no such plugin"};
  JsonWriter json;
  json.begin_object();
  json.member("Description", found->description);
  json.key("ExtendsOrthancExplorer").boolean(false);
  json.member("ID", found->id)
      .member("RootUri", found->root)
      .member("Version", services.facts.version);
  json.end_object();
  return written(std::move(json));
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

Result<Response> write_to_disk(const Services&, Request&) {
  return Error{Errc::denied,
               "this server writes no files for clients: they are in the mounted folder"};
}

Result<Response> restart_program(const Services& services, Request&) {
  if (!services.life) return Error{Errc::denied, "this program cannot be restarted from here"};
  DCMFS_CHECK(services.life->restart());
  return Response{.body = "{}\n"};
}

Result<Response> stop_program(const Services& services, Request&) {
  if (!services.life) return Error{Errc::denied, "this program cannot be stopped from here"};
  services.life->stop();
  return Response{.body = "{}\n"};
}

Result<Response> show_log_level(const Services& services, Request&) {
  const LogLevel level = services.log ? services.log->level() : LogLevel::normal;
  return text_response(std::string(std::ranges::find(kLogLevels, level, &NamedLevel::level)->name));
}

Result<Response> put_log_level(const Services& services, Request& request) {
  const auto wanted = trimmed(request.body.text);
  const auto* found = std::ranges::find(kLogLevels, wanted, &NamedLevel::name);
  if (found == std::end(kLogLevels))
    return failure_response(
        {400, orthanc_errors::kOutOfRange, "the level must be default, verbose or trace"}, request);
  if (!services.log) return Error{Errc::denied, "how much is logged cannot be changed"};
  services.log->set_level(found->level);
  return text_response({});
}

Result<Response> show_default_encoding(const Services&, Request&) {
  return text_response(std::string(kDefaultEncoding));
}

Result<Response> put_default_encoding(const Services& services, Request& request) {
  if (trimmed(request.body.text) != kDefaultEncoding)
    return Error{Errc::denied,
                 "text that does not say how it is encoded is read as UTF-8 or Latin1, always"};
  return show_default_encoding(services, request);
}

Result<Response> accepted_transfer_syntaxes(const Services& services, Request&) {
  JsonWriter json;
  json.begin_array();
  for (const TransferSyntax& syntax : transfer_syntaxes())
    if (services.acceptance->accepts_transfer_syntax(syntax.uid)) json.text(syntax.uid);
  json.end_array();
  return written(std::move(json));
}

Result<Response> put_accepted_transfer_syntaxes(const Services& services, Request& request) {
  DCMFS_TRY(auto patterns, uid_patterns(trimmed(request.body.text)));
  services.acceptance->accept_transfer_syntaxes(std::move(patterns));
  return accepted_transfer_syntaxes(services, request);
}

Result<Response> unknown_sop_class_accepted(const Services& services, Request&) {
  return text_response(services.acceptance->accepts_unknown_sop_classes() ? "1" : "0");
}

Result<Response> put_unknown_sop_class_accepted(const Services& services, Request& request) {
  DCMFS_TRY(const bool accepted, switch_of(trimmed(request.body.text)));
  services.acceptance->accept_unknown_sop_classes(accepted);
  return text_response({});
}

}  // namespace dcmfs::rest
