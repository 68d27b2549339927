// dcmfs-echo [OPTION...] PEER
#include <cstdio>
#include <filesystem>
#include <optional>
#include <string>

#include <CLI/CLI.hpp>

#include "net/echo.h"
#include "store/number.h"
#include "tools/config.h"
#include "tools/delivery.h"
#include "tools/exit_code.h"
#include "tools/program.h"
#include "tools/tls.h"

namespace dcmfs::echo {
namespace {

constexpr const char* kProgram = "dcmfs-echo";
constexpr const char* kAnyTitle = "ANY-SCP";  // to whom the title that it is called by is nothing

struct Options {
  std::string peer, store, aet;
  std::string certificate, key, trusted, check;
  std::int64_t timeout_s = 0;
  bool tls = false, quiet = false;
};

// What stands in the place of the store's settings.
struct Given {
  std::string Options::*value;
  const char* flag;
  std::string_view key;  // of the option, in dcmfs.json
  bool is_file;
  const char* argument;
  const char* help;
};
// clang-format off
constexpr Given kGiven[] = {
  {&Options::aet,         "--aet",             "DicomAet",                         false, "AET",
   "as whom to ask (DicomAet of the store, or DCMFS)"},
  {&Options::certificate, "--tls-certificate", "DicomTlsCertificate",              true,  "FILE",
   "what to show of ourselves, in PEM"},
  {&Options::key,         "--tls-key",         "DicomTlsPrivateKey",               true,  "FILE",
   "its private key, in PEM"},
  {&Options::trusted,     "--tls-trusted",     "DicomTlsTrustedCertificates",      true,  "FILE",
   "the certificates in PEM that the peer must have, or of who must have issued its"},
  {&Options::check,       "--tls-check",       "DicomTlsRemoteCertificateRequired", false, "HOW",
   "required: the peer's certificate is checked; off: it is not"},
};
// clang-format on

void declare(CLI::App& app, Options& o) {
  app.add_option("PEER", o.peer, "HOST:PORT[/AET], or with --store the name of a modality")
      ->required();
  app.add_option("--store", o.store, "a store, for the modalities that it knows");
  app.add_option("--timeout", o.timeout_s, "seconds to wait for a silent peer (10)")
      ->check(CLI::Range(1, 86400));
  app.add_flag("--tls", o.tls, "with TLS; a modality of the store with UseDicomTls needs no word");
  for (const Given& given : kGiven)
    app.add_option(given.flag, o.*given.value, given.help)->type_name(given.argument);
  app.add_flag("--quiet,-q", o.quiet, "says nothing; the exit code tells");
  app.footer(
      "Asks a DICOM node whether it is there (C-ECHO). Exit code 0: it answers; 1: it does not;\n"
      "2: the command line or the store is wrong.");
}

int fail(const Error& error, int code) {
  return tools::fail(kProgram, error, code);
}

// HOST:PORT[/AET]; an IPv6 address stands in brackets.
std::optional<net::Destination> parse(std::string_view text) {
  const auto slash = text.find('/');
  const auto place = text.substr(0, slash);
  const auto colon = place.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  net::Destination to{.aet = kAnyTitle, .host = {}, .port = 0};
  if (slash != std::string_view::npos) to.aet = text.substr(slash + 1);
  auto host = place.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  to.host = host;
  to.port = parse_whole<int>(place.substr(colon + 1)).value_or(0);
  if (to.port < 1 || to.port > 65535 || to.host.empty() || to.aet.empty()) return std::nullopt;
  return to;
}

Result<net::Destination> destination(const Options& o, const tools::Settings& settings) {
  if (const auto given = parse(o.peer)) {
    if (const auto fits = net::check_destination(*given); !fits)
      return Error(fits.error()).in(o.peer);
    return *given;
  }
  if (o.store.empty()) {
    return Error{Errc::invalid_argument, "expected HOST:PORT[/AET], or --store and a name"};
  }
  StoreOptions read_only;
  read_only.read_only = true;
  DCMFS_TRY(const auto store, Store::open(o.store, read_only));
  DCMFS_TRY(const auto delivery, tools::Delivery::open(*store, settings));
  if (const auto known = delivery->destinations().get(o.peer)) return *known;
  return Error{Errc::not_found,
               "no modality " + o.peer + " is known; DicomModalities in dcmfs.json names them"};
}

// Of the store, if there is one, and of the command line before it.
Result<tools::Settings> settings_of(const Options& o) {
  tools::Settings settings;
  if (!o.store.empty()) {
    DCMFS_TRY(auto configured, tools::read_config(tools::config_of(o.store), {}));
    settings = std::move(configured.settings);
  }
  for (const Given& given : kGiven) {
    const std::string& text = o.*given.value;
    if (text.empty()) continue;
    // Those of the store are relative to it.
    const auto value = given.is_file ? std::filesystem::absolute(text).string() : text;
    const auto set = tools::assign_text(settings, *tools::option_of_key(given.key), value);
    if (!set) return Error(set.error()).in(given.flag);
  }
  return settings;
}

Result<net::Peer> peer(const Options& o) {
  DCMFS_TRY(const auto settings, settings_of(o));
  DCMFS_TRY(auto to, destination(o, settings));
  to.uses_tls = to.uses_tls || o.tls;
  if (o.timeout_s != 0) to.timeout = std::chrono::seconds(o.timeout_s);
  if (!o.aet.empty()) to.local_aet = o.aet;
  if (!to.uses_tls) return net::peer_of(to, tools::calling_of(settings, net::Tls()));
  DCMFS_TRY(auto tls, tools::load_tls(settings, o.store));
  return net::peer_of(to, tools::calling_of(settings, std::move(tls)));
}

int run(const Options& o) {
  const auto asked = peer(o);
  if (!asked) return fail(asked.error(), tools::kExitUsage);
  const auto took = net::echo(*asked);
  if (took) {
    if (!o.quiet) std::fputs((tools::echo_line(o.peer, took) + "\n").c_str(), stdout);
    return 0;
  }
  if (!o.quiet) std::fprintf(stderr, "dcmfs-echo: %s\n", tools::echo_line(o.peer, took).c_str());
  return tools::kExitFailed;
}

int main(int argc, char** argv) {
  CLI::App app("Asks a DICOM node whether it is there");
  app.name(kProgram);
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
