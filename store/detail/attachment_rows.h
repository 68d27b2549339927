#pragma once
// Attachments as rows, inside a transaction. Their files are attachment_files.h.
#include <optional>
#include <string_view>
#include <vector>

#include "store/attachments.h"
#include "store/detail/sqlite.h"

namespace dcmfs::detail {

Result<std::vector<Attachment>> attachments_of(Connection&, Key);  // by name
Result<std::optional<Attachment>> attachment(Connection&, Key, std::string_view name);
Result<std::vector<Attachment>> attachments_after(Connection&, std::int64_t number,
                                                  std::size_t limit);
Result<bool> is_attachment(Connection&, std::int64_t number);
// Answers its number.
Result<std::int64_t> insert_attachment(Connection&, Key, const Attachment&);
Result<> doom_attachment(Connection&, std::int64_t number);

Result<std::vector<std::int64_t>> doomed_attachments(Connection&);
Result<> forget_doomed_attachments(Connection&, const std::vector<std::int64_t>&);

}  // namespace dcmfs::detail
