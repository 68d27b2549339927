#pragma once
// Who may ask this node for what, by AE title and, if that is wanted, by address. A peer can call
// itself anything: this keeps order in a network that is closed by other means.
#include <string>
#include <string_view>
#include <vector>

namespace dcmfs::net {

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

struct KnownPeer {
  std::string aet;
  std::string host;  // a name or an address
  Privileges may = {};
};

enum class Titles : bool { in_any_case, as_written };

struct Access {
  Privileges anybody = {};  // also who is not known
  std::vector<KnownPeer> known = {};
  bool check_host = false;  // a title is known only together with its host
  Titles titles = Titles::in_any_case;
};

// Leading and trailing spaces are not significant (PS3.5 6.2).
bool same_title(std::string_view, std::string_view, Titles);

// What this peer may: anybody's privileges and those of each known peer that it is. Looks up host
// names if hosts are checked, which may take its time.
Privileges privileges_of(const Access&, std::string_view calling_aet,
                         const std::string& peer_address);

}  // namespace dcmfs::net
