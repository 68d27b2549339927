#include "net/access.h"

#include <algorithm>

#include "net/destinations.h"
#include "net/socket.h"
#include "store/dicom/text.h"

namespace dcmfs::net {
namespace {

// The default repertoire has no other letters.
char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

}  // namespace

bool same_title(std::string_view a, std::string_view b, Titles titles) {
  return std::ranges::equal(trim(a), trim(b), [titles](char one, char other) {
    return titles == Titles::as_written ? one == other : lower(one) == lower(other);
  });
}

Privileges privileges_of(const Access& access, std::span<const Destination> titled,
                         const std::string& peer_address) {
  Privileges all = access.anybody;
  for (const Destination& node : titled) {
    if (access.check_host && !is_address_of(node.host, peer_address)) continue;
    for (const auto& [name, may] : kPrivileges) all.*may = all.*may || node.may.*may;
  }
  return all;
}

}  // namespace dcmfs::net
