#include "tools/config.h"

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <sstream>

#include <fcntl.h>
#include <json/json.h>
#include <unistd.h>

#include "tools/like.h"
#include "tools/options_text.h"

namespace dcmfs::tools {
namespace {

constexpr std::uintmax_t kConfigBytesMax = 1 << 20;
constexpr int kConfigDepthMax = 20;

std::string_view name_of_type(const Json::Value& v) {
  switch (v.type()) {
    case Json::nullValue:
      return "null";
    case Json::intValue:
    case Json::uintValue:
    case Json::realValue:
      return "a number";
    case Json::stringValue:
      return "a text";
    case Json::booleanValue:
      return "true or false";
    case Json::arrayValue:
      return "a list";
    case Json::objectValue:
      return "an object";
  }
  return "something else";
}

// The first line of JsonCpp's report is "* Line 3, Column 5", the second says what.
std::string one_line(const std::string& report) {
  std::istringstream lines(report);
  std::string all;
  for (std::string line; std::getline(lines, line);) {
    line.erase(0, line.find_first_not_of(" *"));
    all += (all.empty() ? "" : ": ") + line;
    if (all.size() > line.size()) break;
  }
  return all;
}

Result<Json::Value> parse(const std::string& text) {
  Json::CharReaderBuilder builder;
  Json::CharReaderBuilder::strictMode(&builder.settings_);
  builder["allowComments"] = true;
  builder["allowTrailingCommas"] = true;
  builder["stackLimit"] = kConfigDepthMax;
  Json::Value root;
  std::string report;
  const std::unique_ptr<Json::CharReader> reader(builder.newCharReader());
  try {
    if (!reader->parse(text.data(), text.data() + text.size(), &root, &report))
      return Error{Errc::invalid_argument, one_line(report)};
  } catch (const std::exception&) {  // JsonCpp throws when the nesting is too deep
    return Error{Errc::invalid_argument, "nested too deeply"};
  }
  if (!root.isObject()) return Error{Errc::invalid_argument, "expected an object { ... }"};
  return root;
}

std::vector<std::string> known_keys() {
  std::vector<std::string> keys;
  for (const Option& option : options())
    if (!option.key.empty()) keys.emplace_back(option.key);
  return keys;
}

std::string unknown_key(const std::string& key, const std::vector<std::string>& known) {
  return "unknown key \"" + key + '"' + did_you_mean(names_like(key, known), "; see dcmfs.json(5)");
}

std::vector<std::string> unknown_members(const Option& option, const Json::Value& v) {
  std::vector<std::string> warnings;
  if (option.rule->members == nullptr || !v.isObject()) return warnings;
  const auto known = option.rule->members();
  for (const std::string& name : v.getMemberNames()) {
    if (!v[name].isObject()) continue;
    for (const std::string& member : v[name].getMemberNames())
      if (std::ranges::find(known, member) == known.end())
        warnings.push_back(name + ": " + unknown_key(member, known));
  }
  return warnings;
}

}  // namespace

std::filesystem::path config_of(const std::filesystem::path& store) {
  return store / "dcmfs.json";
}

Result<Configured> read_config(const std::filesystem::path& file, Settings settings) {
  std::error_code failed;
  const auto size = std::filesystem::file_size(file, failed);
  if (failed == std::errc::no_such_file_or_directory) return Configured{std::move(settings), {}};
  if (failed) return system_error(failed.value(), file.string());
  if (size > kConfigBytesMax) return Error{Errc::too_large, file.string() + ": over 1 MiB"};
  std::ifstream in(file, std::ios::binary);
  std::ostringstream text;
  if (size > 0 && !(text << in.rdbuf())) return system_error(errno ? errno : EIO, file.string());

  auto root = parse(text.str());
  if (!root) return std::move(root).error().in(file.string());

  Configured configured{std::move(settings), {}};
  for (const std::string& key : root->getMemberNames()) {
    const Option* option = option_of_key(key);
    if (option == nullptr) {
      configured.warnings.push_back(file.string() + ": " + unknown_key(key, known_keys()));
      continue;
    }
    const Json::Value& v = (*root)[key];
    for (const auto& warning : unknown_members(*option, v))
      configured.warnings.push_back(file.string() + ": " + key + ": " + warning);
    if (auto assigned = assign(configured.settings, *option, v); !assigned) {
      Error error = std::move(assigned).error();
      error.message = file.string() + ": " + key + ": " + error.message;
      if (v.type() != Json::objectValue) error.message += ", found " + std::string(name_of_type(v));
      if (v.isInt64()) error.message += ' ' + std::to_string(v.asInt64());
      return error;
    }
  }
  return configured;
}

// Under another name first: whatever happens, there is never half of it, which would be an error at
// the next start.
Result<> write_config_template(const std::filesystem::path& file) {
  if (::access(file.c_str(), F_OK) == 0) return {};
  const std::filesystem::path fresh = file.string() + ".new";
  const int fd = ::open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (fd < 0) return system_error(errno, file.string());
  const std::string text = config_template();
  const ssize_t written = ::write(fd, text.data(), text.size());
  int why = written < 0 ? errno : ENOSPC;
  bool done = written == static_cast<ssize_t>(text.size());
  // The store syncs the folder before anything is kept in it.
  if (done && (::fsync(fd) != 0 || (::link(fresh.c_str(), file.c_str()) != 0 && errno != EEXIST))) {
    why = errno;
    done = false;
  }
  ::close(fd);
  ::unlink(fresh.c_str());
  return done ? Result<>() : system_error(why, file.string());
}

StoreOptions store_options(const Settings& settings) {
  StoreOptions options;
  if (settings.durability == "relaxed") options.durability = Durability::relaxed;
  if (settings.overwrite == "Always") options.overwrite = Overwrite::always;
  if (settings.overwrite == "IfChanged") options.overwrite = Overwrite::if_changed;
  options.size_max_bytes = settings.size_max_mb << 20;
  return options;
}

}  // namespace dcmfs::tools
