#include "store/detail/origin_rows.h"

#include "store/dicom/text.h"

namespace dcmfs::detail {

// Made with each arrival: a look-up of 2 us, where the instance's own rows take 100.
Result<std::optional<std::int64_t>> origin_row(Connection& db, const Origin& origin) {
  if (origin == Origin()) return std::optional<std::int64_t>();
  const auto cut = [](std::string_view text) {
    return std::string(cut_utf8(text, Origin::kTextBytesMax));
  };
  const std::string aet = cut(origin.remote_aet), called = cut(origin.called_aet),
                    ip = cut(origin.remote_ip), user = cut(origin.http_username),
                    host = cut(origin.http_host);
  const int way = static_cast<int>(origin.way);
  DCMFS_TRY(const auto found,
            db.integer("SELECT id FROM origin WHERE remote_aet = ?1 AND remote_ip = ?2"
                       " AND called_aet = ?3 AND http_username = ?4 AND http_host = ?5"
                       " AND way = ?6",
                       aet, ip, called, user, host, way));
  if (found) return found;
  DCMFS_CHECK(
      db.run("INSERT INTO origin(remote_aet, remote_ip, called_aet, http_username, http_host, way)"
             " VALUES(?1, ?2, ?3, ?4, ?5, ?6)",
             aet, ip, called, user, host, way));
  return std::optional(value(db.last_insert()));
}

}  // namespace dcmfs::detail
