#include "net/access.h"

#include <algorithm>
#include <optional>

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
  // Of several nodes with one title the peer can be any, so it may what one of them may: what is
  // denied to another must not stop the one that is allowed it. Their hosts tell them apart.
  std::optional<Privileges> known;
  for (const Destination& node : titled) {
    if (access.check_host && !is_address_of(node.host, peer_address)) continue;
    if (!known) known = kNoPrivileges;
    for (const auto& [name, may] : kPrivileges) (*known).*may = (*known).*may || node.may.*may;
  }
  return known.value_or(access.anybody);
}

}  // namespace dcmfs::net
