#include "net/role_items.h"

#include <cstddef>
#include <optional>
#include <string_view>

#include "net/pdv.h"

namespace dcmfs::net {
namespace {

// PS3.8 9.3.2: version, AE titles and what is reserved, before the items.
constexpr std::size_t kFixedBytes = 68;
constexpr std::byte kUserInformation{0x50}, kRoleSelection{0x54};

std::size_t two_bytes(Bytes at) {
  return std::to_integer<std::size_t>(at[0]) << 8 | std::to_integer<std::size_t>(at[1]);
}

struct RawItem {
  std::byte type{};
  Bytes body;
};
// Takes an item, or a sub-item, off the front; nullopt: there is no whole one.
std::optional<RawItem> take_item(Bytes& rest) {
  constexpr std::size_t kHeader = 4;
  if (rest.size() < kHeader) return std::nullopt;
  const std::size_t length = two_bytes(rest.subspan(2));
  if (rest.size() - kHeader < length) return std::nullopt;
  const RawItem item{rest[0], rest.subspan(kHeader, length)};
  rest = rest.subspan(kHeader + length);
  return item;
}

// The SOP class, if the roles of the sub-item are 0 and 0.
std::optional<std::string> without_role(Bytes body) {
  constexpr std::size_t kLength = 2, kRoles = 2;
  if (body.size() < kLength + kRoles) return std::nullopt;
  const std::size_t length = two_bytes(body);
  if (body.size() != kLength + length + kRoles) return std::nullopt;
  const Bytes roles = body.last(kRoles);
  if (roles[0] != std::byte{0} || roles[1] != std::byte{0}) return std::nullopt;
  std::string uid(reinterpret_cast<const char*>(body.data() + kLength), length);
  uid.resize(uid.find_last_not_of(std::string_view(" \0", 2)) + 1);
  return uid;
}

}  // namespace

std::set<std::string, std::less<>> proposed_without_role(Bytes request) {
  std::set<std::string, std::less<>> all;
  if (request.size() < kPduHeaderBytes + kFixedBytes) return all;
  Bytes items = request.subspan(kPduHeaderBytes + kFixedBytes);
  while (auto item = take_item(items)) {
    if (item->type != kUserInformation) continue;
    while (const auto sub_item = take_item(item->body)) {
      if (sub_item->type != kRoleSelection) continue;
      if (auto uid = without_role(sub_item->body)) all.insert(*std::move(uid));
    }
  }
  return all;
}

}  // namespace dcmfs::net
