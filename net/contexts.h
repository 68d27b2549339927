#pragma once
// Which presentation contexts are proposed for what is to be sent, and which of the accepted ones
// an instance travels in. Values alone.
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "net/negotiation.h"

namespace dcmfs::net {

inline constexpr std::size_t kProposalsMax = 128;  // of an association: PS3.8 9.3.2.2

// What an instance is, as far as it is negotiated.
struct StorageSyntax {
  std::string sop_class;
  std::string transfer_syntax;  // as it is stored
  bool is_only = false;         // it is wanted in no other
  friend auto operator<=>(const StorageSyntax&, const StorageSyntax&) = default;
};

// Whether a presentation context can be proposed for it: files are stored that say nothing, or more
// than a UID has room for.
bool can_be_negotiated(const StorageSyntax&);

// The same where somebody wants that transfer syntax and no other; "" wants nothing.
StorageSyntax travels_as(const StorageSyntax& stored, std::string_view transfer_syntax);

// For each a context in the transfer syntax as stored, and one, for all of its SOP class, in the
// uncompressed ones: whoever accepts both gets it unchanged. PS3.8 9.3.3: of one context the
// acceptor chooses one. What cannot be negotiated has none.
std::vector<ProposedContext> contexts_for(const std::set<StorageSyntax>&);

// The transfer syntaxes in which it can be sent, the best first.
std::vector<std::string> syntaxes_for(const StorageSyntax&);

}  // namespace dcmfs::net
