#include "store/labels.h"

#include <algorithm>

#include "store/detail/annotations.h"
#include "store/detail/index.h"

namespace dcmfs {

using detail::Connection;
using detail::Statement;

bool Labels::is_label(std::string_view text) {
  return !text.empty() && text.size() <= kLabelBytesMax && std::ranges::all_of(text, [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_' ||
           c == '-';
  });
}

Result<std::vector<std::string>> Labels::of(Key key) const {
  std::vector<std::string> labels;
  DCMFS_CHECK(index_.read([&](Connection& db) -> Result<> {
    DCMFS_CHECK(detail::require_resource(db, key));
    Statement rows =
        db.prepare("SELECT name FROM label WHERE level = ?1 AND row = ?2 ORDER BY name");
    rows.bind(static_cast<int>(key.level)).bind(key.row);
    DCMFS_TRY(labels, rows.all([](const Statement& row) { return row.text(0); }));
    return {};
  }));
  return labels;
}

// From label to label by a step in the index each, however many resources have them.
Result<std::vector<std::string>> Labels::in_use() const {
  std::vector<std::string> labels;
  DCMFS_CHECK(index_.read([&](Connection& db) -> Result<> {
    for (std::string after;;) {
      Statement row = db.prepare("SELECT name FROM label WHERE name > ?1 ORDER BY name LIMIT 1");
      DCMFS_TRY(const bool more, row.bind(after).step());
      if (!more) return {};
      after = row.text(0);
      labels.push_back(after);
    }
  }));
  return labels;
}

Result<> Labels::add(Key key, std::string_view label) {
  if (!is_label(label))
    return Error{Errc::invalid_argument,
                 "a label has 1 to 64 characters: letters, digits, '_' and '-'"};
  return index_.write_durably([&](Connection& db) -> Result<> {
    DCMFS_CHECK(detail::require_resource(db, key));
    return db.run("INSERT OR IGNORE INTO label(level, row, name) VALUES(?1, ?2, ?3)",
                  static_cast<int>(key.level), key.row, label);
  });
}

Result<> Labels::remove(Key key, std::string_view label) {
  return index_.write_durably([&](Connection& db) {
    return db.run("DELETE FROM label WHERE level = ?1 AND row = ?2 AND name = ?3",
                  static_cast<int>(key.level), key.row, label);
  });
}

}  // namespace dcmfs
