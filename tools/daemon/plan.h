#pragma once
// What one start of the daemon is to do, checked before anything is begun.
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "fs/options.h"
#include "net/server.h"
#include "rest/http/server.h"
#include "tools/command_line.h"
#include "tools/store_folder.h"

namespace dcmfs::tools {

struct Plan {
  Settings settings;
  std::filesystem::path store;
  DaemonLock lock;                   // of the store
  std::filesystem::path mountpoint;  // empty: no mount
  std::vector<std::string> warnings;
  std::optional<net::Tls> tls;  // if DICOM is spoken with it, in or out

  bool has_dicom() const { return settings.dicom_enabled && settings.dicom_port != 0; }
  bool has_http() const { return settings.http_enabled && settings.http_port != 0; }
};

// Makes STORE and its dcmfs.json where they are missing, locks the former and reads the latter.
Result<Plan> make_plan(const CommandLine&);

// What each face is told.
fs::Options fs_options(const Plan&);
net::Options net_options(const Plan&);
rest::Options rest_options(const Plan&);
rest::Facts rest_facts(const Plan&);

}  // namespace dcmfs::tools
