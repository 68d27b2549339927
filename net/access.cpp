#include "net/access.h"

#include <algorithm>

#include "net/socket.h"
#include "store/dicom/text.h"

namespace dcmfs::net {
namespace {

constexpr bool Privileges::*kAll[] = {
    &Privileges::echo,
    &Privileges::store,
    &Privileges::find,
    &Privileges::find_worklist,
    &Privileges::get,
    &Privileges::move,
    &Privileges::storage_commitment,
};
static_assert(sizeof(Privileges) == sizeof kAll / sizeof *kAll, "a privilege is missing");

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

Privileges privileges_of(const Access& access, std::string_view calling_aet,
                         const std::string& peer_address) {
  Privileges all = access.anybody;
  for (const KnownPeer& peer : access.known) {
    if (!same_title(peer.aet, calling_aet, access.titles)) continue;
    if (access.check_host && !is_address_of(peer.host, peer_address)) continue;
    for (const auto one : kAll) all.*one = all.*one || peer.may.*one;
  }
  return all;
}

}  // namespace dcmfs::net
