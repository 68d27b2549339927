#include "net/sub_operations.h"

#include <algorithm>

namespace dcmfs::net {
namespace {

// Often enough for a progress bar.
constexpr std::chrono::milliseconds kTellEvery{100};
// What a UI of an explicit VR can hold (PS3.5 7.1.2: 16 bits, even).
constexpr std::size_t kFailedListBytesMax = 65534;

double counted(std::size_t number) {
  constexpr std::size_t kMax = 0xffff;  // US
  return static_cast<double>(std::min(number, kMax));
}

}  // namespace

SubOperations::SubOperations(const Call& call, std::size_t total)
    : call_(call), remaining_(total) {}

Result<bool> SubOperations::is_cancelled() {
  if (!cancelled_) {
    DCMFS_TRY(cancelled_, call_.is_cancelled());
  }
  return cancelled_;
}

bool SubOperations::see(const Message& message) {
  if (message.field() != CommandField::c_cancel_rq) return call_.takes(message);
  if (message.responded_id() == call_.request.id()) cancelled_ = true;
  return true;
}

void SubOperations::count(std::string_view sop_instance, const Result<Status>& outcome) {
  --remaining_;
  const auto kind = outcome ? class_of(*outcome) : StatusClass::failure;
  if (kind == StatusClass::success) {
    ++completed_;
  } else if (kind == StatusClass::warning) {
    ++warning_;
  } else {
    ++failed_;
    if (failed_uids_.size() + sop_instance.size() < kFailedListBytesMax) {
      failed_uids_.append(failed_uids_.empty() ? "" : "\\").append(sop_instance);
    }
    why_ = outcome ? "the peer answered " + hexadecimal(*outcome) : outcome.error().message;
  }
}

Result<> SubOperations::tell() {
  const auto now = std::chrono::steady_clock::now();
  if (remaining_ == 0 || now - told_ < kTellEvery) return {};
  told_ = now;
  return call_.association.send(call_.context.id, response(statuses::kPending));
}

Result<> SubOperations::end() {
  const Dataset command = response(final_status());
  if (failed_uids_.empty()) return call_.association.send(call_.context.id, command);
  Dataset identifier;
  identifier.set_text(tags::FailedSOPInstanceUIDList, failed_uids_);
  return call_.association.send(call_.context.id, command, identifier);
}

// PS3.4 C.4.2.1.5, C.4.3.1.4
Status SubOperations::final_status() const {
  if (cancelled_) return statuses::kCancelled;
  if (failed_ == 0 && warning_ == 0) return statuses::kSuccess;
  if (completed_ == 0 && warning_ == 0) return statuses::kUnableToPerformSuboperations;
  return statuses::kSuboperationsWithFailures;
}

// PS3.4 C.4.2.1.6: of what remains a last response says nothing, unless it is cancelled.
Dataset SubOperations::response(Status status) const {
  Dataset command = make_response(call_.request, status);
  if (class_of(status) == StatusClass::pending || class_of(status) == StatusClass::cancel) {
    command.set_number(tags::NumberOfRemainingSuboperations, counted(remaining_));
  }
  command.set_number(tags::NumberOfCompletedSuboperations, counted(completed_));
  command.set_number(tags::NumberOfFailedSuboperations, counted(failed_));
  command.set_number(tags::NumberOfWarningSuboperations, counted(warning_));
  return command;
}

}  // namespace dcmfs::net
