#pragma once
// C-FIND as SCP: Query/Retrieve (PS3.4 C) and Modality Worklist (PS3.4 K).
#include <array>
#include <string_view>

#include "net/service.h"

namespace dcmfs::net {

// Patient Root, Study Root, and the retired Patient/Study Only: in the order of FindModel.
inline constexpr std::array<std::string_view, 3> kFindSopClasses{
    "1.2.840.10008.5.1.4.1.2.1.1", "1.2.840.10008.5.1.4.1.2.2.1", "1.2.840.10008.5.1.4.1.2.3.1"};
inline constexpr std::array<std::string_view, 1> kWorklistSopClasses{"1.2.840.10008.5.1.4.31"};

Result<> answer_find(const Call&);
Result<> answer_worklist(const Call&);

}  // namespace dcmfs::net
