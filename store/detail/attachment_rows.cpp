#include "store/detail/attachment_rows.h"

#include <algorithm>
#include <functional>

namespace dcmfs::detail {
namespace {

constexpr std::string_view kAttachmentColumns =
    "SELECT id, name, uuid, size, md5, revision, added FROM attachment WHERE ";

Attachment attachment_in(const Statement& row) {
  Attachment found;
  found.number = row.integer(0);
  found.name = row.text(1);
  found.uuid = row.text(2);
  found.size = row.integer(3);
  const auto md5 = row.blob(4);
  std::copy_n(md5.begin(), std::min(md5.size(), found.md5.size()), found.md5.begin());
  found.revision = Revision{row.integer(5)};
  found.added = from_ms(row.integer(6));
  return found;
}

Result<std::vector<Attachment>> attachment_rows(Connection& db, std::string_view where,
                                                const std::function<void(Statement&)>& bind) {
  Statement rows = db.prepare(std::string(kAttachmentColumns) + std::string(where));
  bind(rows);
  return rows.all(attachment_in);
}

}  // namespace

Result<std::vector<Attachment>> attachments_of(Connection& db, Key key) {
  return attachment_rows(db, "level = ?1 AND row = ?2 ORDER BY name", [&](Statement& rows) {
    rows.bind(static_cast<int>(key.level)).bind(key.row);
  });
}

Result<std::optional<Attachment>> attachment(Connection& db, Key key, std::string_view name) {
  DCMFS_TRY(auto found,
            attachment_rows(db, "level = ?1 AND row = ?2 AND name = ?3", [&](Statement& rows) {
              rows.bind(static_cast<int>(key.level)).bind(key.row).bind(name);
            }));
  return found.empty() ? std::nullopt : std::optional(std::move(found.front()));
}

Result<std::vector<Attachment>> attachments_after(Connection& db, std::int64_t number,
                                                  std::size_t limit) {
  return attachment_rows(db, "id > ?1 ORDER BY id LIMIT ?2", [&](Statement& rows) {
    rows.bind(number).bind(static_cast<std::int64_t>(limit));
  });
}

Result<bool> is_attachment(Connection& db, std::int64_t number) {
  DCMFS_TRY(const auto found, db.integer("SELECT 1 FROM attachment WHERE id = ?1", number));
  return found.has_value();
}

Result<std::int64_t> insert_attachment(Connection& db, Key key, const Attachment& attachment) {
  DCMFS_CHECK(
      db.run("INSERT INTO attachment(level, row, name, uuid, size, md5, revision, added)"
             " VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
             static_cast<int>(key.level), key.row, attachment.name, attachment.uuid,
             attachment.size, std::span<const std::uint8_t>(attachment.md5),
             value(attachment.revision), to_ms(attachment.added)));
  return value(db.last_insert());
}

Result<> doom_attachment(Connection& db, std::int64_t number) {
  DCMFS_CHECK(db.run("INSERT OR IGNORE INTO doomed_attachment(id) VALUES(?1)", number));
  return db.run("DELETE FROM attachment WHERE id = ?1", number);
}

Result<std::vector<std::int64_t>> doomed_attachments(Connection& db) {
  Statement rows = db.prepare("SELECT id FROM doomed_attachment");
  return rows.all([](const Statement& row) { return row.integer(0); });
}

Result<> forget_doomed_attachments(Connection& db, const std::vector<std::int64_t>& numbers) {
  for (const std::int64_t number : numbers)
    DCMFS_CHECK(db.run("DELETE FROM doomed_attachment WHERE id = ?1", number));
  return {};
}

}  // namespace dcmfs::detail
