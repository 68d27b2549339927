#include "tools/daemon/plan.h"

#include <cerrno>
#include <cstring>

#include <unistd.h>

#include "net/conformance.h"
#include "tools/config.h"
#include "tools/mountpoint.h"
#include "tools/tls.h"

namespace dcmfs::tools {
namespace {

constexpr std::string_view kLoopback = "127.0.0.1";
constexpr mode_t kUmaskDefault = 022;

std::string http_host(const Settings& settings) {
  if (!settings.http_host.empty()) return settings.http_host;
  return settings.remote_access_allowed ? "0.0.0.0" : std::string(kLoopback);
}

bool is_loopback(std::string_view host) {
  return host == "localhost" || host == "::1" || host.starts_with("127.");
}

bool authenticates(const Settings& settings) {
  return settings.authentication_enabled.value_or(!settings.users.empty());
}

std::string in_store(const std::filesystem::path& store, const std::string& file) {
  return file.empty() ? file : (store / file).string();
}

// What would leave the data of patients to whoever comes by is refused.
Result<> check_http(const Settings& settings, const std::filesystem::path& store,
                    const std::filesystem::path& config) {
  const auto wrong = [&](const std::string& what) {
    return Error{Errc::invalid_argument, config.string() + ": " + what};
  };
  const std::string host = http_host(settings);
  if (!is_loopback(host) && !authenticates(settings))
    return wrong("HTTP on " + host +
                 " needs RegisteredUsers: else everybody who reaches it may read and remove");
  if (!is_loopback(host) && !settings.http_tls && !settings.remote_access_without_tls)
    return wrong("HTTP on " + host +
                 " needs SslEnabled, or nginx in front of 127.0.0.1, or RemoteAccessWithoutTls");
  if (settings.http_tls && settings.http_certificate.empty())
    return wrong("SslEnabled: expected SslCertificate too");
  for (const auto& file : {settings.http_certificate, settings.http_private_key})
    if (settings.http_tls && !file.empty() && ::access(in_store(store, file).c_str(), R_OK) != 0)
      return wrong("the certificate or key " + in_store(store, file) + ": " + std::strerror(errno));
  for (const auto& name : settings.read_only_users)
    if (!settings.users.contains(name))
      return wrong("ReadOnlyUsers: " + name + " is not one of RegisteredUsers");
  return {};
}

// The first of them; "" if there is none.
std::string users_in_plain_text(const Settings& settings) {
  for (const auto& [name, password] : settings.users)
    if (!rest::is_password_hash(password)) return name;
  return {};
}

// Else others would be let in whatever was said of them: nobody but the kernel checks permissions.
bool says_who_may(const Settings& settings) {
  return settings.allow_other && settings.umask;
}

net::Access access_of(const Settings& settings) {
  return {
      .anybody = {.echo = settings.allow_echo,
                  .store = settings.allow_store,
                  .find = settings.allow_find,
                  .find_worklist = settings.allow_find_worklist,
                  .get = settings.allow_get,
                  .move = settings.allow_move,
                  .storage_commitment = settings.allow_store},
      .check_host = settings.check_modality_host,
      .titles = settings.strict_aet_comparison ? net::Titles::as_written : net::Titles::in_any_case,
  };
}

// Checked.
Result<Choices> configure(const CommandLine& line, const std::filesystem::path& config,
                          const std::filesystem::path& store) {
  Choices all;
  DCMFS_TRY(auto read, read_config(config, Settings{}));
  all.warnings = std::move(read.warnings);
  DCMFS_TRY(all.settings, apply(line.given, std::move(read.settings)));

  const Settings& settings = all.settings;
  if (authenticates(settings) && settings.users.empty())
    return Error{Errc::invalid_argument,
                 config.string() + ": AuthenticationEnabled: expected RegisteredUsers too"};
  auto tls = load_tls_if_needed(settings, store);
  if (!tls) return std::move(tls).error().in(config.string());
  all.tls = *std::move(tls);
  if (!all.has_http()) return all;
  DCMFS_CHECK(check_http(settings, store, config));
  if (const auto plain = users_in_plain_text(settings); !plain.empty())
    all.warnings.push_back("RegisteredUsers: the password of " + plain +
                           " stands there as it is; dcmfs-passwd makes a hash of it");
  return all;
}

std::filesystem::path config_path(const Settings& given, const std::filesystem::path& store) {
  return given.config.empty() ? config_of(store) : std::filesystem::absolute(given.config);
}

}  // namespace

Result<> check_again(const CommandLine& line, const Plan& running) {
  DCMFS_TRY(const auto configured, configure(line, running.config, running.store));
  return {};
}

Result<Plan> make_plan(const CommandLine& line) {
  DCMFS_TRY(const auto given, apply(line.given, Settings{}));
  if (given.mount && line.mountpoint.empty())
    return Error{Errc::invalid_argument, "MOUNTPOINT is missing (or say --no-mount)"};
  if (!given.mount && !line.mountpoint.empty())
    return Error{Errc::invalid_argument, "--no-mount and a MOUNTPOINT cannot go together"};

  DCMFS_TRY(auto store, prepare_store(line.store));
  DCMFS_TRY(auto lock, DaemonLock::take(store));
  const auto config = config_path(given, store);
  if (given.config.empty())
    DCMFS_CHECK(write_config_template(config));
  else if (::access(config.c_str(), R_OK) != 0)
    return system_error(errno, config.string());
  DCMFS_TRY(auto configured, configure(line, config, store));
  Plan plan{std::move(configured), std::move(store), config, std::move(lock), {}};
  const Settings& settings = plan.settings;
  if (settings.mount) {
    DCMFS_TRY(plan.mountpoint,
              prepare_mountpoint(line.mountpoint, plan.store,
                                 settings.non_empty ? NonEmpty::allowed : NonEmpty::refused));
  }
  return plan;
}

fs::Options fs_options(const Plan& plan) {
  const Settings& settings = plan.settings;
  return {
      .uid = settings.uid ? static_cast<uid_t>(*settings.uid) : ::getuid(),
      .gid = settings.gid ? static_cast<gid_t>(*settings.gid) : ::getgid(),
      .umask = settings.umask ? static_cast<mode_t>(std::stoi(*settings.umask, nullptr, 8))
                              : kUmaskDefault,
      .read_only = settings.read_only,
      .allow_other = settings.allow_other,
      .default_permissions = settings.default_permissions || says_who_may(settings),
      .allow_delete = settings.allow_delete,
      .only_dcm = settings.leaves == "dcm",
      .peers = nullptr,
      .import_sent = settings.import_sent == "yes",
      .max_read = static_cast<unsigned>(settings.max_read),
      .fuse_options = settings.fuse_options,
  };
}

net::Options net_options(const Plan& plan, const net::Destinations& nodes,
                         const rest::Acceptance& acceptance) {
  const Settings& settings = plan.settings;
  const auto idle_s =
      settings.dicom_idle_timeout_s > 0 ? settings.dicom_idle_timeout_s : settings.dicom_timeout_s;
  const auto access = access_of(settings);
  return {
      .host = settings.dicom_host,
      .port = static_cast<int>(settings.dicom_port),
      .aet = settings.dicom_aet,
      .check_called_aet = settings.dicom_check_called_aet,
      .tls = settings.dicom_tls ? std::optional(plan.tls) : std::nullopt,
      .associations_max = static_cast<int>(settings.dicom_threads),
      .pdu_bytes_max = static_cast<int>(settings.dicom_pdu_bytes_max),
      .access = access,
      .artim = std::chrono::seconds(settings.dicom_artim_timeout_s),
      .timeout = std::chrono::seconds(settings.dicom_timeout_s),
      .idle = std::chrono::seconds(idle_s),
      .accepts_unknown_sop_classes = [&] { return acceptance.accepts_unknown_sop_classes(); },
      .accepted_sop_classes = settings.accepted_sop_classes,
      .rejected_sop_classes = settings.rejected_sop_classes,
      .accepts_transfer_syntax =
          [&](std::string_view uid) { return acceptance.accepts_transfer_syntax(uid); },
      .strict_hierarchy = settings.dicom_strict_hierarchy,
      .find_results_max = settings.find_results_max,
      .find_instances_max = settings.find_instances_max,
      .nodes_titled = [&nodes, titles = access.titles](
                          std::string_view aet) { return nodes.titled(aet, titles); },
      .scu_timeout = std::chrono::seconds(settings.dicom_scu_timeout_s),
      .scu_tls = plan.tls,
  };
}

rest::Options rest_options(const Plan& plan) {
  const Settings& settings = plan.settings;
  return {
      .host = http_host(settings),
      .port = static_cast<int>(settings.http_port),
      .threads = static_cast<std::size_t>(settings.http_threads),
      .authenticate = authenticates(settings),
      .users = settings.users,
      .read_only_users = {settings.read_only_users.begin(), settings.read_only_users.end()},
      .body_bytes_max = settings.http_body_mb_max << 20,
      .compress = settings.http_compression,
      .origins = settings.http_origins,
      .certificate_file = settings.http_tls ? in_store(plan.store, settings.http_certificate) : "",
      .key_file = settings.http_tls ? in_store(plan.store, settings.http_private_key) : "",
      .proxy_secret = settings.http_proxy_secret,
  };
}

rest::Facts rest_facts(const Plan& plan) {
  const Settings& settings = plan.settings;
  return {
      .name = settings.name,
      .version = std::string(version()),
      .dicom_aet = settings.dicom_aet,
      .dicom_port = plan.has_dicom() ? static_cast<int>(settings.dicom_port) : 0,
      .http_port = static_cast<int>(settings.http_port),
      .http_is_secure = settings.http_tls,
      .overwrite = settings.overwrite,
      .size_max_mb = settings.size_max_mb,
      .check_revisions = settings.check_revisions,
      .user_metadata = settings.user_metadata,
      .user_content_types = settings.user_content_types,
      .logs_exports = settings.log_exports,
      .read_only = settings.read_only,
      .conformance = net::services_table() + '\n' + net::statuses_of_errors_table(),
      .started = now(),
  };
}

rest::JobOptions job_options(const Plan& plan) {
  return {.history_max = static_cast<std::size_t>(plan.settings.jobs_history_max),
          .at_a_time = static_cast<std::size_t>(plan.settings.jobs_at_a_time)};
}

}  // namespace dcmfs::tools
