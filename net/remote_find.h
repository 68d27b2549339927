#pragma once
// Query/Retrieve as SCU (PS3.4 annex C): what another node has.
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "net/association.h"
#include "store/dicom/dataset.h"
#include "store/level.h"

namespace dcmfs::net {

inline constexpr std::string_view kPatientRootFind = "1.2.840.10008.5.1.4.1.2.1.1";
inline constexpr std::string_view kPatientRootMove = "1.2.840.10008.5.1.4.1.2.1.2";
inline constexpr std::string_view kPatientRootGet = "1.2.840.10008.5.1.4.1.2.1.3";
inline constexpr std::string_view kStudyRootFind = "1.2.840.10008.5.1.4.1.2.2.1";
inline constexpr std::string_view kStudyRootMove = "1.2.840.10008.5.1.4.1.2.2.2";
inline constexpr std::string_view kStudyRootGet = "1.2.840.10008.5.1.4.1.2.2.3";

inline constexpr std::string_view kWorklistFind = "1.2.840.10008.5.1.4.31";  // PS3.4 K.6

// To propose, for what has no pixels.
ProposedContext native_context(std::string_view abstract_syntax);

// The attributes of an identifier: keys and what is wanted back, which has no value.
using Keys = std::vector<std::pair<Tag, std::string>>;  // values UTF-8
Dataset make_identifier(Level, const Keys&);

// C-FIND in this model over an open association that has a context for it: each match, until `each`
// returns false. Errors of the peer's answer: not_supported, corrupt.
Result<> find(Association&, std::string_view model, const Dataset& identifier,
              const std::function<bool(const Dataset&)>& each);

// C-FIND in the Study Root model over an open association that has a context for it: each match,
// until `each` returns false. Errors of the peer's answer: not_supported, corrupt.
Result<> find(Association&, Level, const Keys&, const std::function<bool(const Dataset&)>& each);

// Studies that fit, at most `limit`, by an association of its own. Errors also those of
// Association::request().
Result<std::vector<Dataset>> find_studies(const Peer&, const Keys&, std::size_t limit);

}  // namespace dcmfs::net
