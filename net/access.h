#pragma once
// Who may ask this node for what, by AE title and, if that is wanted, by address. A peer can call
// itself anything: this keeps order in a network that is closed by other means.
#include <array>
#include <span>
#include <string>
#include <string_view>

namespace dcmfs::net {

struct Destination;

// By what is asked for.
struct Privileges {
  bool echo = true, store = true, find = true, find_worklist = true, get = true, move = true;
  bool storage_commitment = true;
  friend bool operator==(const Privileges&, const Privileges&) = default;
};
inline constexpr Privileges kNoPrivileges{.echo = false,
                                          .store = false,
                                          .find = false,
                                          .find_worklist = false,
                                          .get = false,
                                          .move = false,
                                          .storage_commitment = false};

struct NamedPrivilege {
  std::string_view name;
  bool Privileges::*may;
};
inline constexpr std::array kPrivileges{
    NamedPrivilege{"Echo", &Privileges::echo},
    NamedPrivilege{"Store", &Privileges::store},
    NamedPrivilege{"Find", &Privileges::find},
    NamedPrivilege{"FindWorklist", &Privileges::find_worklist},
    NamedPrivilege{"Get", &Privileges::get},
    NamedPrivilege{"Move", &Privileges::move},
    NamedPrivilege{"StorageCommitment", &Privileges::storage_commitment},
};
static_assert(sizeof(Privileges) == kPrivileges.size(), "a privilege has no name");

enum class Titles : bool { in_any_case, as_written };

struct Access {
  Privileges anybody = {};  // who is not known
  bool check_host = false;  // a title is known only together with its host
  Titles titles = Titles::in_any_case;
};

// Leading and trailing spaces are not significant (PS3.5 6.2).
bool same_title(std::string_view, std::string_view, Titles);

// What a peer at that address may: what the nodes of its AE title (`titled`) that it can be may, or
// if there are none, anybody. Looks up host names if hosts are checked, which may take its time.
Privileges privileges_of(const Access&, std::span<const Destination> titled,
                         const std::string& peer_address);

}  // namespace dcmfs::net
