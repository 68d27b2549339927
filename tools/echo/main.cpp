// dcmfs-echo [OPTION...] PEER
#include <charconv>
#include <cstdio>
#include <optional>
#include <string>

#include <CLI/CLI.hpp>

#include "net/echo.h"
#include "tools/command_line.h"
#include "tools/config.h"
#include "tools/delivery.h"
#include "tools/exit_code.h"
#include "tools/program.h"

namespace dcmfs::echo {
namespace {

struct Options {
  std::string peer, store, aet;
  std::int64_t timeout_s = 0;
  bool quiet = false;
};

void declare(CLI::App& app, Options& o) {
  app.add_option("PEER", o.peer, "HOST:PORT/AET, or with --store the name of a modality")
      ->required();
  app.add_option("--store", o.store, "a store, for the modalities that it knows");
  app.add_option("--aet", o.aet, "as whom to ask (DicomAet of the store, or DCMFS)");
  app.add_option("--timeout", o.timeout_s, "seconds to wait for a silent peer (30)")
      ->check(CLI::Range(1, 86400));
  app.add_flag("--quiet,-q", o.quiet, "says nothing; the exit code tells");
  app.set_version_flag("--version", std::string(tools::version()));
  app.footer(
      "Asks a DICOM node whether it is there (C-ECHO). Exit code 0: it answers; 1: it does not;\n"
      "2: the command line or the store is wrong.");
}

int fail(const Error& error, int code) {
  std::fprintf(stderr, "dcmfs-echo: %s\n", error.message.c_str());
  return code;
}

// HOST:PORT/AET; an IPv6 address stands in brackets.
std::optional<net::Destination> parse(std::string_view text) {
  const auto slash = text.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  const auto place = text.substr(0, slash);
  const auto colon = place.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  net::Destination to{.aet = std::string(text.substr(slash + 1)), .host = {}, .port = 0};
  auto host = place.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  to.host = host;
  const auto port = place.substr(colon + 1);
  const auto [end, failed] = std::from_chars(port.data(), port.data() + port.size(), to.port);
  if (failed != std::errc{} || end != port.data() + port.size() || to.port < 1 || to.port > 65535 ||
      to.host.empty() || to.aet.empty()) {
    return std::nullopt;
  }
  return to;
}

Result<net::Destination> destination(const Options& o, const tools::Settings& settings) {
  if (const auto given = parse(o.peer)) return *given;
  if (o.store.empty()) {
    return Error{Errc::invalid_argument, "expected HOST:PORT/AET, or --store and a name"};
  }
  StoreOptions read_only;
  read_only.read_only = true;
  DCMFS_TRY(const auto store, Store::open(o.store, read_only));
  DCMFS_TRY(const auto delivery, tools::Delivery::open(*store, settings));
  if (const auto known = delivery->destinations().find(o.peer)) return *known;
  return Error{Errc::not_found, "no modality " + o.peer + " is known"};
}

int run(const Options& o) {
  tools::Settings settings;
  if (!o.store.empty()) {
    auto configured = tools::read_config(tools::config_of(o.store), {});
    if (!configured) return fail(configured.error(), tools::kExitUsage);
    settings = std::move(configured->settings);
  }
  const auto* title = tools::option_of_key("DicomAet");
  if (!o.aet.empty()) {
    if (const auto set = tools::assign_text(settings, *title, o.aet); !set) {
      return fail(Error(set.error()).in("--aet"), tools::kExitUsage);
    }
  }
  if (o.timeout_s != 0) settings.dicom_scu_timeout_s = o.timeout_s;
  const auto to = destination(o, settings);
  if (!to) return fail(to.error(), tools::kExitUsage);
  const auto took = net::echo(tools::peer_of(*to, settings));
  if (took) {
    if (!o.quiet) std::fputs((tools::echo_line(o.peer, took) + "\n").c_str(), stdout);
    return 0;
  }
  if (!o.quiet) std::fprintf(stderr, "dcmfs-echo: %s\n", tools::echo_line(o.peer, took).c_str());
  return tools::kExitFailed;
}

int main(int argc, char** argv) {
  CLI::App app("Asks a DICOM node whether it is there");
  app.name("dcmfs-echo");
  Options o;
  declare(app, o);
  if (const auto exit_code = tools::parse(app, argc, argv)) return *exit_code;
  return run(o);
}

}  // namespace
}  // namespace dcmfs::echo

int main(int argc, char** argv) {
  return dcmfs::echo::main(argc, argv);
}
