#pragma once
// Every option of the daemon, as one table: what it is called in dcmfs.json, on
// the command line and after -o, what it accepts, and what it means. The parsers,
// --help, the template of dcmfs.json and the manual page are made from it.
//
// Keys that mean the same as in Orthanc's configuration have the same names.
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "rest/peers.h"
#include "store/result.h"
#include "tools/modality.h"
#include "tools/route.h"

namespace Json {
class Value;
}

namespace dcmfs::tools {

// What the options say. The initialisers are the defaults, and their only place.
struct Settings {
  std::string name = "dcmfs";

  bool dicom_enabled = true;
  std::string dicom_aet = "DCMFS";
  bool dicom_check_called_aet = false;
  std::string dicom_host = "127.0.0.1";
  std::int64_t dicom_port = 4242;
  std::int64_t dicom_threads = 32;
  std::int64_t dicom_timeout_s = 30;
  std::int64_t dicom_scu_timeout_s = 10;
  bool dicom_tls = false;
  // Of files; relative ones are in the store.
  std::string tls_certificate, tls_private_key, tls_trusted;
  std::string tls_peer_certificate = "required";
  std::int64_t tls_version_min = 0;  // as Orthanc counts them
  std::int64_t find_results_max = 0;
  std::int64_t find_instances_max = 0;
  bool dicom_strict_hierarchy = false;
  std::int64_t dicom_idle_timeout_s = 0;  // 0: dicom_timeout_s
  std::int64_t dicom_artim_timeout_s = 10;
  std::int64_t dicom_pdu_bytes_max = 131072;
  bool strict_aet_comparison = false;
  // Who is not in modalities.
  bool allow_echo = true, allow_store = true;
  bool allow_find = false, allow_find_worklist = false, allow_get = false, allow_move = false;
  bool check_modality_host = false;
  bool unknown_sop_classes = true;
  std::vector<std::string> accepted_sop_classes = {"*"}, rejected_sop_classes;
  std::vector<std::string> accepted_syntaxes = {"*"};
  std::map<std::string, Modality> modalities;
  std::map<std::string, Route> routes;

  bool http_enabled = true;
  std::string http_host;  // empty: see RemoteAccessAllowed
  std::int64_t http_port = 8042;
  std::int64_t http_threads = 8;
  bool remote_access_allowed = false;
  std::optional<bool> authentication_enabled;  // unset: if there are users
  std::map<std::string, std::string> users;    // name to password, or its hash
  std::vector<std::string> read_only_users;
  bool http_compression = true;
  std::int64_t http_body_mb_max = 0;
  std::vector<std::string> http_origins;
  bool http_tls = false;
  std::string http_certificate, http_private_key;  // of files; relative ones are in the store
  bool remote_access_without_tls = false;
  std::string http_proxy_secret;
  std::int64_t jobs_history_max = 10;
  std::int64_t jobs_at_a_time = 2;
  std::int64_t queries_max = 100;
  std::map<std::string, rest::Peer> peers;
  std::map<std::string, rest::Peer> dicomweb_servers;
  std::int64_t http_client_timeout_s = 60;
  bool https_verify_peers = true;
  std::string https_trusted;  // of a file; relative ones are in the store

  std::string deidentify_secret;
  std::string overwrite = "Never";
  std::int64_t size_max_mb = 0;
  std::int64_t stable_age_s = 60;
  bool log_exports = false;
  bool check_revisions = false;
  std::map<std::string, int> user_metadata, user_content_types;  // name to number
  std::string durability = "full";

  bool read_only = false;
  bool allow_other = false;
  bool default_permissions = false;
  bool allow_delete = false;
  bool non_empty = false;
  std::string leaves = "all";
  std::string import_sent = "no";
  std::optional<std::int64_t> uid, gid;   // unset: those of the process
  std::optional<std::string> umask;       // unset: 022
  std::int64_t max_read = 0;              // bytes; 0: what the kernel likes
  std::vector<std::string> fuse_options;  // passed on as they are

  std::string config;  // empty: STORE/dcmfs.json
  bool foreground = false;
  bool debug = false;
  bool mount = true;
};

// What a value must be. `accepts` may bring it into its canonical form first.
struct Rule {
  std::string_view expected;  // completes "expected ..."
  bool (*accepts)(Json::Value&);
  // Where it is an object of NAME : object: what each of these may have in it.
  std::vector<std::string> (*members)() = nullptr;
};

// A switch of the command line that makes a setting false.
struct Negated {
  bool Settings::*member;
};

struct Ignored {};   // of mount(8) and fstab(5), nothing to do with the mount itself
struct PassedOn {};  // to libfuse and the kernel
struct Refused {};   // `help` says why, or what to say instead

using Target = std::variant<
    bool Settings::*, std::int64_t Settings::*, std::string Settings::*,
    std::optional<bool> Settings::*, std::optional<std::int64_t> Settings::*,
    std::optional<std::string> Settings::*, std::vector<std::string> Settings::*,
    std::map<std::string, Modality> Settings::*, std::map<std::string, Route> Settings::*,
    std::map<std::string, rest::Peer> Settings::*, std::map<std::string, std::string> Settings::*,
    std::map<std::string, int> Settings::*, Negated, Ignored, PassedOn, Refused>;

struct Option {
  std::string_view key;       // in dcmfs.json
  std::string_view flag;      // on the command line, as CLI11 wants it: "-f,--foreground"
  std::string_view mount;     // after -o; one that ends in * stands for all that begin so
  std::string_view argument;  // what --help calls its value; empty: it is a switch
  Target target;
  const Rule* rule;
  std::string_view help;
};

std::span<const Option> options();
const Option* option_of_key(std::string_view key);
const Option* option_of_mount(std::string_view name);

// Sets what the option stands for. The error says what was expected.
Result<> assign(Settings&, const Option&, Json::Value);
// The same from text: of the command line, or after -o NAME=. nullopt: a switch was given.
Result<> assign_text(Settings&, const Option&, std::optional<std::string_view> text);

// The default as JSON on one line.
std::string default_json(const Option&);

}  // namespace dcmfs::tools
