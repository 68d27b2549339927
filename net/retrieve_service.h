#pragma once
// C-MOVE and C-GET as SCP (PS3.4 C.4.2, C.4.3).
#include <array>
#include <string>
#include <string_view>

#include "net/service.h"

namespace dcmfs::net {

// Patient Root, Study Root, and the retired Patient/Study Only: in the order of FindModel.
inline constexpr std::array<std::string_view, 3> kMoveSopClasses{
    "1.2.840.10008.5.1.4.1.2.1.2", "1.2.840.10008.5.1.4.1.2.2.2", "1.2.840.10008.5.1.4.1.2.3.2"};
inline constexpr std::array<std::string_view, 3> kGetSopClasses{
    "1.2.840.10008.5.1.4.1.2.1.3", "1.2.840.10008.5.1.4.1.2.2.3", "1.2.840.10008.5.1.4.1.2.3.3"};

// The bytes with which a proposal is answered (PS3.4 C.5.2.1): relational retrieval if it is
// wanted, no conversion of enhanced images.
std::string accept_retrieve_negotiation(std::string_view proposed);

Result<> answer_move(const Call&);
Result<> answer_get(const Call&);

}  // namespace dcmfs::net
