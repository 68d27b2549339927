#pragma once
// What one start of the daemon is to do, checked before anything is begun.
#include <filesystem>
#include <string>
#include <vector>

#include "fs/options.h"
#include "net/server.h"
#include "rest/acceptance.h"
#include "rest/facts.h"
#include "rest/http/server.h"
#include "rest/jobs/jobs.h"
#include "rest/peers.h"
#include "tools/command_line.h"
#include "tools/store_folder.h"

namespace dcmfs::tools {

// What the command line and the file of the configuration say together.
struct Choices {
  Settings settings;
  std::vector<std::string> warnings;
  net::Tls tls = net::Tls();  // of DICOM, in and out

  bool has_dicom() const { return settings.dicom_enabled && settings.dicom_port != 0; }
  bool has_http() const { return settings.http_enabled && settings.http_port != 0; }
};

struct Plan : Choices {
  std::filesystem::path store, config;
  DaemonLock lock;                   // of the store
  std::filesystem::path mountpoint;  // empty: no mount
};

// Makes STORE and its dcmfs.json where they are missing, locks the former and reads the latter.
Result<Plan> make_plan(const CommandLine&);

// Whether the configuration, as it is by now, would do for another start of what runs.
Result<> check_again(const CommandLine&, const Plan& running);

// What each face is told.
fs::Options fs_options(const Plan&);
// What is given beside the plan must outlive the answer.
net::Options net_options(const Plan&, const net::Destinations&, const rest::Acceptance&);
rest::Options rest_options(const Plan&);
rest::Facts rest_facts(const Plan&);
rest::JobOptions job_options(const Plan&);

}  // namespace dcmfs::tools
