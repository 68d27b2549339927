#include "net/conformance.h"

#include "net/service.h"
#include "store/dicom/transfer_syntax.h"

namespace dcmfs::net {
namespace {

std::string syntaxes_of(Syntaxes syntaxes) {
  if (syntaxes == Syntaxes::any) return "all of PS3.6 table A-1, private and unknown ones";
  std::string names;
  for (const std::string_view uid : uncompressed_syntaxes()) {
    names.append(names.empty() ? "" : ", ").append(name_of_uid(uid));
  }
  return names;
}

std::string roles_of(Roles peer) {
  if (peer == kBothRoles) return "SCU, SCP";
  return peer.scp ? "SCP" : "SCU";
}

}  // namespace

std::string services_table() {
  std::string table =
      "| service | SOP class | UID | transfer syntaxes | roles of the peer "
      "|\n|---|---|---|---|---|\n";
  const auto add = [&](const Service& service, std::string_view name, std::string_view uid) {
    table.append("| ").append(name_of(service.command)).append(" | ").append(name);
    table.append(" | ").append(uid).append(" | ").append(syntaxes_of(service.syntaxes));
    table.append(" | ").append(roles_of(service.peer)).append(" |\n");
  };
  for (const Service& service : services()) {
    if (service.sop_classes.matches != nullptr) add(service, service.sop_classes_are, "any");
    for (const std::string_view uid : service.sop_classes.list) add(service, name_of_uid(uid), uid);
  }
  return table;
}

std::string statuses_of_errors_table() {
  struct Row {
    Errc code;
    std::string_view meaning;
  };
  // Those that a peer can bring about.
  constexpr Row kRows[] = {
      {Errc::corrupt, "what came is no data set, or ends too early"},
      {Errc::already_exists, "other bytes are stored under this SOP Instance UID"},
      {Errc::no_space, "the disk is full"},
      {Errc::over_quota, "`MaximumStorageSize` is reached"},
      {Errc::io, "the disk or the index failed"},
  };
  std::string table = "| status | name | when |\n|---|---|---|\n";
  for (const Row& row : kRows) {
    const Status status = status_of(row.code);
    table.append("| ").append(hexadecimal(status)).append(" | ").append(name_of(status));
    table.append(" | ").append(row.meaning).append(" |\n");
  }
  return table;
}

}  // namespace dcmfs::net
