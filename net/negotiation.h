#pragma once
// What two peers agree on before the first message (PS3.7 annex D, PS3.8 7.1): presentation
// contexts, roles, extended negotiation. Values alone; association.h carries them out.
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace dcmfs::net {

inline constexpr std::size_t kUidBytesMax = 64;  // PS3.5 9.1; no item holds more (PS3.8 9.3.2.2)

// Less than PS3.5 9.1 asks: components that begin with zero are in the field.
inline bool looks_like_uid(std::string_view text) {
  return !text.empty() && text.size() <= kUidBytesMax &&
         text.find_first_not_of("0123456789.") == text.npos;
}

enum class Role : std::uint8_t { scu, scp };

// Of one side; the other has the opposite ones. PS3.7 D.3.3.4: without role selection the
// requestor is SCU.
struct Roles {
  bool scu = false;
  bool scp = false;
  friend bool operator==(const Roles&, const Roles&) = default;
};
inline constexpr Roles kScu{.scu = true}, kScp{.scp = true}, kBothRoles{.scu = true, .scp = true};

// PS3.7 D.3.3.5: the service class application information, by SOP class.
using ExtendedNegotiation = std::map<std::string, std::string, std::less<>>;

struct ProposedContext {
  std::string abstract_syntax;
  std::vector<std::string> transfer_syntaxes;  // what is preferred comes first
  Roles roles = kScu;                          // of the requestor
  std::uint8_t id = 0;                         // given by request()
  bool has_role_item = false;                  // received: the roles were selected, not implied
};

struct AcceptedContext {
  std::uint8_t id = 0;
  std::string abstract_syntax;
  std::string transfer_syntax;
  Roles ours = {};
};

struct NegotiationRequest {
  std::string calling_aet, called_aet;  // without padding
  std::string peer_address;             // numeric
  std::string application_context;
  std::vector<ProposedContext> contexts;
  ExtendedNegotiation extended;
};

// PS3.8 9.3.4, with the result permanent and the source the service user; but for the last one,
// which is transient, of the service provider (presentation).
enum class Rejection : std::uint8_t {
  no_reason = 1,
  application_context = 2,
  calling_aet = 3,
  called_aet = 7,
  local_limit,
};

struct NegotiationAnswer {
  std::optional<Rejection> rejection;
  struct Context {
    // PS3.8 9.3.3.2: accepted, or why not.
    enum class Result : std::uint8_t {
      accepted = 0,
      user_rejection = 1,
      abstract_syntax_not_supported = 3,
      transfer_syntaxes_not_supported = 4,
    };
    std::uint8_t id = 0;
    Result result = Result::abstract_syntax_not_supported;
    std::string transfer_syntax;
    Roles peer;  // of those it proposed, the ones it may have
  };
  std::vector<Context> contexts;  // one for each that was proposed; what is missing is refused
  ExtendedNegotiation extended;
};

}  // namespace dcmfs::net
