#include "store/check.h"

#include <algorithm>

#include "store/detail/attachment_files.h"
#include "store/detail/attachment_rows.h"
#include "store/detail/digest.h"
#include "store/detail/folders.h"
#include "store/detail/index.h"
#include "store/detail/lock.h"
#include "store/detail/outbox_files.h"

namespace dcmfs {
namespace {

using detail::Folders;
using detail::Index;
using detail::StoreLock;
using Kind = CheckProblem::Kind;

constexpr std::size_t kPage = 1000;

// Whether the row is there (still): others may remove while we look.
bool is_listed(const Index& index, RowId row) {
  return index.file(row).ok();
}

void check_file(const Folders& folders, const Index& index, const StoredFile& file,
                CheckReport& report) {
  const auto report_as = [&](Kind kind, std::string what) {
    if (is_listed(index, file.instance)) {
      report.problems.push_back({kind, value(file.instance), std::move(what)});
    }
  };
  const auto blob = folders.open_blob(file.instance);
  if (!blob) return report_as(Kind::file_missing, blob.error().message);
  ++report.files;
  const auto found = detail::digest(blob->fd());
  if (!found) return report_as(Kind::file_damaged, found.error().message);
  report.bytes += found->size;
  if (found->size != file.size) {
    return report_as(Kind::file_damaged, "the file has " + std::to_string(found->size) +
                                             " bytes instead of " + std::to_string(file.size));
  }
  if (found->sha256 != file.sha256) return report_as(Kind::file_damaged, "the bytes have changed");
}

Result<> check_rows(const Folders& folders, const Index& index, std::int64_t total,
                    const CheckProgress& progress, CheckReport& report) {
  RowId after{0};
  for (;;) {
    DCMFS_TRY(const auto files, index.files(after, kPage));
    if (files.empty()) return {};
    for (const StoredFile& file : files) check_file(folders, index, file, report);
    report.rows += static_cast<std::int64_t>(files.size());
    after = files.back().instance;
    if (progress) progress("reading the stored files", report.rows, total);
  }
}

Result<> find_unknown(const Folders& folders, const Index& index, bool alone, CheckReport& report) {
  DCMFS_TRY(const RowId last, index.last_row());
  std::vector<RowId> unlisted;
  DCMFS_CHECK(folders.each_blob(RowId{0}, [&](RowId row) {
    // Above the last row are files of others whose commit is on its way.
    if (!alone && row > last) return true;
    if (!is_listed(index, row)) unlisted.push_back(row);
    return true;
  }));
  // Asked for afterwards: a removal dooms a file before it unlinks it.
  DCMFS_TRY(auto doomed, index.doomed());
  std::sort(doomed.begin(), doomed.end());
  for (const RowId row : unlisted) {
    if (std::binary_search(doomed.begin(), doomed.end(), row) || is_listed(index, row)) continue;
    if (!folders.open_blob(row)) continue;  // gone meanwhile
    ++report.files;
    report.problems.push_back({Kind::file_unknown, value(row), "a file without a row"});
  }
  return {};
}

Result<> check_outbox(const Folders& folders, const Index& index, CheckReport& report) {
  std::vector<Outgoing> missing;
  const auto look = [&](std::vector<Outgoing>& found) {
    return detail::each_unsendable(index, folders,
                                   [&](const Outgoing& entry) { found.push_back(entry); });
  };
  DCMFS_CHECK(look(missing));
  if (missing.empty()) return {};
  // Sent or given up while we looked, or its instance was removed: not so the second time.
  std::vector<Outgoing> still;
  DCMFS_CHECK(look(still));
  for (const Outgoing& entry : still) {
    const bool both =
        std::ranges::any_of(missing, [&](const Outgoing& before) { return before.id == entry.id; });
    if (!both) continue;
    report.problems.push_back({Kind::unsendable, entry.instance ? value(*entry.instance) : 0,
                               "entry " + std::to_string(value(entry.id)) + " of the outbox, for " +
                                   entry.destination + ": the file to be sent is missing"});
  }
  return {};
}

Result<> check_attachments(const Folders& folders, const Index& index, CheckReport& report) {
  std::vector<std::pair<Attachment, std::string>> damaged;
  DCMFS_CHECK(detail::each_damaged_attachment(
      index, folders, [&](const Attachment& attachment, std::string_view what) {
        damaged.emplace_back(attachment, what);
      }));
  for (const auto& [attachment, what] : damaged) {
    bool still = false;  // or removed while we looked
    const auto number = attachment.number;
    DCMFS_CHECK(index.read([&](detail::Connection& db) -> Result<> {
      DCMFS_TRY(still, detail::is_attachment(db, number));
      return {};
    }));
    if (still)
      report.problems.push_back(
          {Kind::attachment_damaged, 0, "attachment " + std::to_string(number) + ": " + what});
  }
  return {};
}

Result<> look_for_index(const std::filesystem::path& root) {
  const Folders folders(root);
  std::error_code failed;
  if (std::filesystem::exists(folders.index(), failed)) return {};
  if (failed) return system_error(failed.value(), root.string());
  if (std::filesystem::exists(folders.blobs(), failed))
    return Error{Errc::corrupt, root.string() + ": there are files, but no index"};
  const bool is_folder = std::filesystem::is_directory(root, failed);
  return Error{Errc::not_found,
               root.string() + (is_folder ? ": no store of dcmfs" : ": there is no such folder")};
}

}  // namespace

std::filesystem::path file_of(const CheckProblem& problem) {
  return problem.row > 0 ? Folders("").blob(RowId{problem.row}) : std::filesystem::path();
}

Result<CheckReport> check(const std::filesystem::path& root, const CheckProgress& progress) {
  const Folders folders(root);
  DCMFS_CHECK(look_for_index(root));
  // Shared, so that nobody repairs or rebuilds meanwhile.
  DCMFS_TRY(auto lock, StoreLock::take(folders.lock(), StoreLock::Mode::read_write));
  const bool alone = lock.alone();
  DCMFS_CHECK(lock.share());
  DCMFS_TRY(const auto index,
            Index::open(folders.index(), Index::Mode::read_only, Durability::full));

  CheckReport report;
  if (auto verified = index->verify(); !verified) {
    report.problems.push_back({Kind::index_damaged, 0, verified.error().message});
  }
  DCMFS_TRY(const auto statistics, index->statistics());
  DCMFS_CHECK(check_rows(folders, *index, statistics.instances, progress, report));
  DCMFS_CHECK(find_unknown(folders, *index, alone, report));
  DCMFS_CHECK(check_outbox(folders, *index, report));
  DCMFS_CHECK(check_attachments(folders, *index, report));
  return report;
}

}  // namespace dcmfs
