#include "store/detail/early_dates.h"

#include "store/view.h"

namespace dcmfs::detail {
namespace {

constexpr int kEarliest = 10000101;
constexpr int kDaysOfMonth = 100;  // YYYYMMDD / 100 is YYYYMM

static_assert(Place::kNoDate == 9 && kEarliest == 10000101);  // in the SQL

constexpr std::string_view kAnyEarly =
    "SELECT EXISTS(SELECT 1 FROM study WHERE place < 10000101 AND place <> 9)"
    " OR EXISTS(SELECT 1 FROM series WHERE folder IN (SELECT id FROM modality)"
    " AND place < 100001 AND place <> 9)";

// Where the name of the link is taken in NoDate, its row, which is nobody else's, tells it apart.
constexpr char kSettleEarly[] = R"sql(
UPDATE OR IGNORE study SET place = 9 WHERE place < 10000101 AND place <> 9;
UPDATE study SET place = 9, link = link || ' ~' || id, link_fold = link_fold || ' ~' || id
  WHERE place < 10000101 AND place <> 9;
UPDATE OR IGNORE series SET place = 9 WHERE place < 100001 AND place <> 9;
UPDATE series SET place = 9, link = link || ' ~' || id, link_fold = link_fold || ' ~' || id
  WHERE place < 100001 AND place <> 9;
)sql";

}  // namespace

std::int64_t study_place(int date) {
  return date >= kEarliest ? date : Place::kNoDate;
}

std::int64_t series_place(int date) {
  return date >= kEarliest ? date / kDaysOfMonth : Place::kNoDate;
}

Result<> settle_early_dates(Connection& db) {
  // By steps in the indexes and without the write lock: opening must not wait for an import that runs.
  DCMFS_TRY(const auto any, db.integer(kAnyEarly));
  if (any.value_or(0) == 0) return {};
  DCMFS_CHECK(db.script("BEGIN IMMEDIATE"));
  auto done = db.script(kSettleEarly);
  if (done) done = db.script("COMMIT");
  if (!done && db.in_transaction()) (void)db.script("ROLLBACK");
  return done;
}

}  // namespace dcmfs::detail
