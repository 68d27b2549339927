#include "tools/command_line.h"

#include <cstdio>

#include <CLI/CLI.hpp>

#include "tools/exit_code.h"
#include "tools/like.h"
#include "tools/options_text.h"
#include "tools/program.h"

namespace dcmfs::tools {
namespace {

std::vector<std::string> mount_option_names() {
  std::vector<std::string> names;
  for (const Option& option : options())
    if (!option.mount.empty() && !option.mount.ends_with('*') &&
        !std::holds_alternative<Refused>(option.target))
      names.emplace_back(option.mount);
  return names;
}

std::vector<std::string> split_at_commas(std::string_view text) {
  std::vector<std::string> parts(1);
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && i + 1 < text.size() && text[i + 1] == ',')
      parts.back() += text[++i];
    else if (text[i] == ',')
      parts.emplace_back();
    else
      parts.back() += text[i];
  }
  std::erase(parts, "");
  return parts;
}

}  // namespace

std::string_view version() {
  return DCMFS_VERSION;
}

Result<std::vector<CommandLine::Given>> parse_mount_options(std::string_view text) {
  std::vector<CommandLine::Given> given;
  for (const std::string& part : split_at_commas(text)) {
    const auto equals = part.find('=');
    const std::string name = part.substr(0, equals);
    const Option* option = option_of_mount(name);
    if (option == nullptr) option = option_of_mount(part);  // comment=*
    if (option == nullptr)
      return Error{Errc::invalid_argument,
                   "-o " + name + ": there is no such mount option" +
                       did_you_mean(names_like(name, mount_option_names()), "; see dcmfs --help")};
    if (std::holds_alternative<Ignored>(option->target)) continue;
    if (std::holds_alternative<Refused>(option->target))
      return Error{Errc::invalid_argument, "-o " + name + ": " + std::string(option->help)};
    const bool has_value = equals != std::string::npos;
    if (has_value == option->argument.empty())
      return Error{Errc::invalid_argument,
                   "-o " + name + (has_value ? ": takes no value" : ": needs a value")};
    given.push_back(
        {option, "-o " + name, has_value ? std::optional(part.substr(equals + 1)) : std::nullopt});
  }
  return given;
}

Result<CommandLine> parse_command_line(int argc, const char* const* argv) {
  CommandLine line;
  std::string store, mountpoint;
  std::vector<std::string> mount_options;

  CLI::App app("Keep a DICOM archive in the folder STORE and show it at MOUNTPOINT.", "dcmfs");
  app.set_help_flag("-h,--help", "Say this");
  app.footer(mount_options_text());
  app.set_version_flag("-V,--version", std::string(version()), "Say which version this is");
  app.add_option("STORE", store, "The folder of the archive; made if it is not there")
      ->type_name(" ");
  app.add_option("MOUNTPOINT", mountpoint, "An empty folder: where the archive is seen")
      ->type_name(" ");
  app.add_option("-o", mount_options, "Mount options, see below")
      ->type_name("OPT,...")
      ->expected(1)
      ->allow_extra_args(false)  // else it would take STORE, too
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  for (const Option& option : options()) {
    if (option.flag.empty()) continue;
    const std::string flag(option.flag), help(option.help);
    if (option.argument.empty()) {
      app.add_flag_callback(
          flag,
          [&line, &option, flag] {
            line.given.push_back({&option, flag, std::nullopt});
          },
          help);
    } else {
      app.add_option_function<std::string>(
             flag,
             [&line, &option, flag](const std::string& text) {
               line.given.push_back({&option, flag, text});
             },
             help)
          ->type_name(std::string(option.argument))
          ->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
    }
  }

  try {
    app.parse(argc, const_cast<char**>(argv));  // CLI11 does not write to it
  } catch (const CLI::CallForHelp&) {
    line.print = app.help();
    return line;
  } catch (const CLI::CallForVersion&) {
    line.print = "dcmfs " + std::string(version()) + "\n";
    return line;
  } catch (const CLI::Error& error) {
    return Error{Errc::invalid_argument, without_full_stop(error.what()) + "; see dcmfs --help"};
  }

  if (store.empty()) return Error{Errc::invalid_argument, "STORE is missing; see dcmfs --help"};
  line.store = store;
  line.mountpoint = mountpoint;
  for (const std::string& text : mount_options) {
    DCMFS_TRY(auto more, parse_mount_options(text));
    line.given.insert(line.given.end(), more.begin(), more.end());
  }
  return line;
}

Result<Settings> apply(const std::vector<CommandLine::Given>& given, Settings settings) {
  for (const auto& [option, name, text] : given)
    if (auto assigned = assign_text(settings, *option, text); !assigned)
      return std::move(assigned).error().in(name);
  return settings;
}

}  // namespace dcmfs::tools
