#pragma once
// What labels, metadata, attachments and the writers of changes share: rows that name a resource by
// level and row, inside a transaction.
#include <functional>

#include "store/change_feed.h"
#include "store/detail/sqlite.h"
#include "store/ids.h"
#include "store/revision.h"

namespace dcmfs::detail {

// not_found if it is not there.
Result<> require_resource(Connection&, Key);
// already_exists if what is there (negative: nothing) is not what the caller expected. `content` is asked
// only where it counts.
Result<> require_expected(const Expected&, std::int64_t there,
                          const std::function<Result<Md5Sum>()>& content);

// A change of what is there; `id` is its public id.
Result<> write_change(Connection&, ChangeType, Key, const ResourceId& id, Time at);
// The same; nothing happens if the resource is not there.
Result<> note_change(Connection&, ChangeType, Key, Time at);

// Of a resource that goes: attachments are doomed, see detail/attachment_files.h.
Result<> drop_annotations(Connection&, Key);
// Of an instance that is replaced: they stay with its identity.
Result<> pass_annotations_on(Connection&, Key from, RowId to);

}  // namespace dcmfs::detail
