// When what was dropped is taken: at the flush of who wrote it, and at the rename to a final name.
#include "fs/drop.h"
#include "fs/drop_item.h"
#include "fs/incoming_names.h"

namespace dcmfs::fs {

std::optional<Error> Drop::unwritten(const Draft& draft) const {
  const std::scoped_lock lock(mutex_);
  return draft.unwritten;
}

Result<> Drop::fail(Draft& draft, Error why) {
  draft.spool.reset();
  draft.size = 0;
  draft.row = 0;
  draft.failure = why;
  draft.failed = true;
  return why;
}

Result<> Drop::put_off(Draft& draft, Handle by, Error why, Time now) {
  if (by != Handle::none) return fail(draft, std::move(why));
  try_later(draft, now);
  return why;
}

void Drop::try_later(Draft& draft, Time now) {
  const std::scoped_lock lock(mutex_);
  draft.written = true;
  draft.due = now + delay_before_retry(++draft.attempts, 0, Draft::kPauses);
}

Result<> Drop::reject(Draft& draft, std::string_view name, Error why, Time now) {
  const auto earlier = draft.rejected_as;
  auto rejected = store_.rejected().put(*std::move(draft.spool), name, why, now);
  if (rejected) {
    draft.spool.reset();
    draft.row = 0;
    draft.rejected_as = *std::move(rejected);
    if (!earlier.empty()) (void)store_.rejected().remove(earlier);  // these bytes and more
  } else {
    (void)draft.spool->set_name(name);  // not complete, as far as a crash goes
    try_later(draft, now);
  }
  draft.failure = why;
  draft.failed = true;
  return why;
}

void Drop::forget_rejected(Draft& draft) {
  if (draft.rejected_as.empty()) return;
  // If that fails, it stands there for 30 days and harms nobody.
  (void)store_.rejected().remove(draft.rejected_as);
  draft.rejected_as.clear();
}

Result<> Drop::finish(Handle handle, Time now) {
  ItemPtr item;
  DraftPtr draft;
  {
    const std::scoped_lock lock(mutex_);
    DCMFS_TRY(const auto open, opened(handle));
    if (!open.wrote) return {};
    item = open.item;
    draft = open.draft;
  }
  const std::unique_lock content(draft->content);
  draft->closed = true;
  std::string at;
  {
    const std::scoped_lock lock(mutex_);
    at = path(*item);  // also if the name was removed or given to another file meanwhile
  }
  const bool is_short = unwritten(*draft).has_value();
  if (is_temporary(at) && !is_short) return {};
  if (draft->written.exchange(false) || (is_short && !draft->failed)) {
    return take(*item, draft, handle, at, now);
  }
  if (draft->failed) return *draft->failure;
  return {};
}

// After and before a rename: the files that were complete but for their name. What is still open is
// taken when it is flushed under the new one.
//
// What was refused when it first got a final name is refused again: mv tries twice, with another call.
Result<> Drop::take_what_is_final(const ItemPtr& top, const std::string& top_path, Time now,
                                  const std::string& was) {
  struct Complete {
    ItemPtr item;
    DraftPtr draft;
    std::string path;
    bool was_refused;
  };
  std::vector<Complete> files;
  {
    const std::scoped_lock lock(mutex_);
    std::vector<std::pair<ItemPtr, std::string>> to_visit{{top, top_path}};
    while (!to_visit.empty()) {
      const auto [item, at] = std::move(to_visit.back());
      to_visit.pop_back();
      for (const auto& [number, below] : item->children) {
        to_visit.emplace_back(below, at + "/" + below->name);
      }
      if (is_temporary(at)) continue;
      for (const auto& draft : item->drafts()) {
        const bool was_refused = draft->closed && draft->failed && !draft->written &&
                                 !was.empty() && is_temporary(was + at.substr(top_path.size()));
        if (draft->is_complete() || was_refused) files.push_back({item, draft, at, was_refused});
      }
    }
  }
  Result<> first_error;
  for (const auto& [item, draft, at, was_refused] : files) {
    Result<> taken;
    {
      const std::unique_lock content(draft->content);
      if (draft->closed && draft->written) {
        taken = take_unheard(*item, draft, at, now);
      } else if (was_refused && draft->failed) {
        taken = *draft->failure;
      }
    }
    rest(draft);
    if (!taken && first_error) first_error = std::move(taken);
  }
  return first_error;
}

Result<> Drop::take_unheard(Item& item, const DraftPtr& draft, const std::string& path, Time now) {
  DCMFS_CHECK(wake(*draft));
  if (!draft->written.exchange(false)) return {};
  return take(item, draft, Handle::none, path, now);
}

}  // namespace dcmfs::fs
