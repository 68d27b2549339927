#pragma once
// STORE/attachments: the bytes of attachments. A file is called after its row, which is never given
// twice; a file without a row was promised to nobody, or its row is gone.
#include <filesystem>
#include <functional>
#include <string_view>
#include <vector>

#include "store/attachments.h"
#include "store/detail/folders.h"
#include "store/detail/index.h"

namespace dcmfs::detail {

std::filesystem::path attachment_folder(const Folders&, std::int64_t number);
std::filesystem::path attachment_file(const Folders&, std::int64_t number);

// After the commit that doomed them: unlinks their files and forgets them. What cannot be unlinked
// now stays doomed.
Result<> unlink_doomed_attachments(Index&, const Folders&);
Result<std::vector<std::filesystem::path>> attachment_files_without_row(const Index&,
                                                                        const Folders&);
// At open, alone: unlinks the files without a row.
Result<> recover_attachments(Index&, const Folders&);
// Calls `each` with every attachment and a word for what is wrong with its bytes.
Result<> each_damaged_attachment(
    const Index&, const Folders&,
    const std::function<void(const Attachment&, std::string_view what)>& each);

}  // namespace dcmfs::detail
