#include "fs/send_waits.h"

#include <cerrno>

#include "store/guarded.h"

namespace dcmfs::fs {
namespace {

// Another process may be the one that sends, and is not heard of; nor is who gives up.
constexpr std::chrono::milliseconds kLookEvery{200};

int errno_of(Trouble trouble) {
  switch (trouble) {
    case Trouble::none:
      return 0;
    case Trouble::unreachable:
      return EHOSTUNREACH;
    case Trouble::refused:
      return ECONNREFUSED;
    case Trouble::timed_out:
      return ETIMEDOUT;
    case Trouble::rejected:
    case Trouble::not_accepted:
    case Trouble::answered:
    case Trouble::lost:
    case Trouble::broken:
    case Trouble::other:
      return EIO;
  }
  return EIO;
}

// Of an entry that cannot be had. One that is not there was sent, or given up.
int errno_of_missing(const Error& why) {
  return why.code == Errc::not_found ? 0 : EIO;
}

// Of the destination, so that it is the failure of all that is queued there.
bool is_everybodys(Trouble trouble) {
  return trouble == Trouble::unreachable || trouble == Trouble::refused ||
         trouble == Trouble::timed_out || trouble == Trouble::rejected ||
         trouble == Trouble::broken;
}

}  // namespace

SendWaits::SendWaits(Store& store)
    : store_(store), thread_([this](std::stop_token stop) { run(stop); }) {}

SendWaits::~SendWaits() {
  thread_.request_stop();
  thread_.join();
  for (const Wait& wait : waits_) (void)guarded([&] { wait.then(EINTR); });
}

void SendWaits::add(OutboxId entry, std::function<void(int)> then, std::function<bool()> gave_up) {
  const auto before = store_.outbox().get(entry);
  if (!before) {
    then(errno_of_missing(before.error()));
    return;
  }
  const auto status = store_.outbox().status(before->destination);
  // Who waits does not wait for the end of a pause. What failed before is not an answer.
  (void)store_.outbox().again(entry, now());
  const std::scoped_lock lock(mutex_);
  waits_.push_back({entry, before->destination, status ? status->troubles : 0, std::move(then),
                    std::move(gave_up)});
}

std::optional<int> SendWaits::outcome(const Wait& wait) const {
  const auto entry = store_.outbox().get(wait.entry);
  if (!entry) return errno_of_missing(entry.error());
  if (entry->state == SendState::committing) return 0;
  if (entry->state == SendState::failed || entry->state == SendState::waiting) {
    const auto trouble = entry->failure.trouble;
    return trouble == Trouble::none ? EIO : errno_of(trouble);
  }
  const auto status = store_.outbox().status(wait.destination);
  if (!status) return EIO;
  if (status->troubles > wait.troubles && entry->state == SendState::queued &&
      is_everybodys(status->last_failure.trouble)) {
    return errno_of(status->last_failure.trouble);
  }
  return wait.gave_up() ? std::optional(EINTR) : std::nullopt;
}

void SendWaits::run(std::stop_token stop) {
  while (!stop.stop_requested()) {
    const auto seen = store_.outbox().news();
    look();
    store_.outbox().wait(seen, kLookEvery, stop);
  }
}

void SendWaits::look() {
  std::list<Wait> all;
  {
    const std::scoped_lock lock(mutex_);
    all.swap(waits_);
  }
  all.remove_if([this](const Wait& wait) {
    const auto known = guarded([&] { return outcome(wait); });
    if (!known || !*known) return false;  // without memory, the next time
    (void)guarded([&] { wait.then(**known); });
    return true;
  });
  const std::scoped_lock lock(mutex_);
  waits_.splice(waits_.begin(), all);
}

}  // namespace dcmfs::fs
