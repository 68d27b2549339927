#pragma once
// STORE/outbox: the bytes of entries that are no instances of the store, or not any more. A file is
// called after its entry and its destination, so that a rebuild without the old index can still
// queue it: 000000017.PACS.dcm.
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "store/detail/folders.h"
#include "store/detail/index.h"
#include "store/outbox.h"

namespace dcmfs::detail {

std::filesystem::path outbox_file(const Folders&, const Outgoing&);
Result<Blob> open_outbox_file(const Folders&, const Outgoing&);
struct OutboxName {
  OutboxId id;
  std::string destination;
};
Result<std::vector<OutboxName>> outbox_names(const Folders&);  // of all files there, by id
std::optional<OutboxName> parse_outbox_name(std::string_view file_name);

// What put() needs to know of the bytes: SOP class and instance, transfer syntax, size.
Result<Outgoing> identify(int fd);

// Before `instances` are removed in the batch: those of them that are still to be sent get another
// link to their file, durably, and their entries point there. An entry whose file is lost is dead.
using Links = std::vector<std::filesystem::path>;
Result<Links> keep_unsent(Index::Batch&, const Folders&, std::span<const RowId> instances,
                          Time now);
// After the batch was rolled back.
void drop_links(const Links&);

// At open, alone: drops files without an entry, which nobody was promised anything about or which
// are sent, and says of entries without their bytes that they are dead.
Result<> recover_outbox(Index&, const Folders&, Time now);
// Calls `each` with every entry that lacks its bytes.
Result<> each_unsendable(const Index&, const Folders&,
                         const std::function<void(const Outgoing&)>& each);

// Of a rebuild: everything the old index has of it, or, where that cannot be read, an entry for
// each file.
Result<> adopt_outbox(Index& made, const Folders&, Time now);

}  // namespace dcmfs::detail
