#pragma once
// Statuses of DIMSE responses: PS3.7 annex C and what the service classes of PS3.4 say
// (B.2.3 storage, C.4.1.1.4 find, C.4.2.1.5 move, C.4.3.1.4 get).
#include <cstdint>
#include <string>
#include <string_view>

#include "store/result.h"

namespace dcmfs::net {

using Status = std::uint16_t;

namespace statuses {
inline constexpr Status kSuccess = 0x0000;
inline constexpr Status kPending = 0xff00;
inline constexpr Status kPendingSomeKeysUnsupported = 0xff01;
inline constexpr Status kCancelled = 0xfe00;

// PS3.7 annex C
inline constexpr Status kAttributeListError = 0x0107;
inline constexpr Status kProcessingFailure = 0x0110;
inline constexpr Status kDuplicateSopInstance = 0x0111;
inline constexpr Status kNoSuchSopInstance = 0x0112;
inline constexpr Status kNoSuchEventType = 0x0113;
inline constexpr Status kNoSuchArgument = 0x0114;
inline constexpr Status kInvalidArgumentValue = 0x0115;
inline constexpr Status kInvalidSopInstance = 0x0117;
inline constexpr Status kNoSuchSopClass = 0x0118;
inline constexpr Status kClassInstanceConflict = 0x0119;
inline constexpr Status kMissingAttribute = 0x0120;
inline constexpr Status kMissingAttributeValue = 0x0121;
inline constexpr Status kSopClassNotSupported = 0x0122;
inline constexpr Status kNoSuchActionType = 0x0123;
inline constexpr Status kNotAuthorized = 0x0124;
inline constexpr Status kDuplicateTransactionUid = 0x0131;  // PS3.3 C.14
inline constexpr Status kDuplicateInvocation = 0x0210;
inline constexpr Status kUnrecognizedOperation = 0x0211;
inline constexpr Status kMistypedArgument = 0x0212;
inline constexpr Status kResourceLimitation = 0x0213;

// PS3.4
inline constexpr Status kOutOfResources = 0xa700;
inline constexpr Status kUnableToCalculateMatches = 0xa701;
inline constexpr Status kUnableToPerformSuboperations = 0xa702;
inline constexpr Status kMoveDestinationUnknown = 0xa801;
inline constexpr Status kDatasetDoesNotMatch = 0xa900;  // of C-FIND, -MOVE, -GET: the identifier
inline constexpr Status kSuboperationsWithFailures = 0xb000;
inline constexpr Status kCoercionOfElements = 0xb000;
inline constexpr Status kElementsDiscarded = 0xb006;
inline constexpr Status kDatasetDoesNotMatchSopClass = 0xb007;
inline constexpr Status kCannotUnderstand = 0xc000;  // of C-FIND, -MOVE, -GET: unable to process
}  // namespace statuses

// PS3.7 C.1
enum class StatusClass : std::uint8_t { success, pending, cancel, warning, failure };
StatusClass class_of(Status);
// "Duplicate SOP Instance"; "" for one that is nowhere.
std::string_view name_of(Status);
std::string hexadecimal(Status);  // "0112"

// What a peer is told of an error of ours.
Status status_of(Errc);

}  // namespace dcmfs::net
