#include "store/detail/annotations_rebuild.h"

#include <array>

#include "store/detail/change_log.h"
#include "store/detail/copy_rows.h"
#include "store/detail/origin_rows.h"
#include "store/detail/resource_row.h"

namespace dcmfs::detail {
namespace {

using ColumnType = CopiedColumn::Type;

// clang-format off
constexpr std::array kLabelColumns{
    CopiedColumn{"level", ColumnType::integer},    CopiedColumn{"row", ColumnType::integer},
    CopiedColumn{"name", ColumnType::text},
};
constexpr std::array kMetadataColumns{
    CopiedColumn{"level", ColumnType::integer},    CopiedColumn{"row", ColumnType::integer},
    CopiedColumn{"name", ColumnType::text},        CopiedColumn{"value", ColumnType::text},
    CopiedColumn{"revision", ColumnType::integer},
};
constexpr std::array kOfAttachment{
    CopiedColumn{"level", ColumnType::integer},    CopiedColumn{"row", ColumnType::integer},
    CopiedColumn{"id", ColumnType::integer},       CopiedColumn{"name", ColumnType::text},
    CopiedColumn{"uuid", ColumnType::text},        CopiedColumn{"size", ColumnType::integer},
    CopiedColumn{"md5", ColumnType::blob},         CopiedColumn{"revision", ColumnType::integer},
    CopiedColumn{"added", ColumnType::integer},
};
constexpr std::array kExportedColumns{
    CopiedColumn{"seq", ColumnType::integer},      CopiedColumn{"level", ColumnType::integer},
    CopiedColumn{"id", ColumnType::text},          CopiedColumn{"patient_id", ColumnType::text},
    CopiedColumn{"study", ColumnType::text},       CopiedColumn{"series", ColumnType::text},
    CopiedColumn{"sop_instance", ColumnType::text}, CopiedColumn{"modality", ColumnType::text},
    CopiedColumn{"at", ColumnType::integer},
};
// clang-format on

// Rows of folders may have other numbers now; what a resource is, has not changed.
Result<std::optional<RowId>> new_row(Connection& from, Connection& to, Key key) {
  DCMFS_TRY(const auto known, describe(from, key));
  if (!known) return std::optional<RowId>();
  return row_of(to, key.level, known->id);
}

Result<> copy_said(Connection& from, Connection& to, const CopiedTable& table) {
  return copy_rows(from, to, table, [&](Key key) { return new_row(from, to, key); });
}

Result<> copy_labels(Connection& from, Connection& to) {
  return copy_said(from, to, {"label", kLabelColumns});
}

Result<> copy_metadata(Connection& from, Connection& to) {
  return copy_said(from, to, {"metadata", kMetadataColumns});
}

Result<> copy_attachments(Connection& from, Connection& to) {
  DCMFS_CHECK(copy_said(from, to, {"attachment", kOfAttachment}));
  return copy_sequence(from, to, "attachment");
}

Result<> copy_exports(Connection& from, Connection& to) {
  DCMFS_CHECK(copy_rows(from, to, {"exported", kExportedColumns}));
  return copy_sequence(from, to, "exported");
}

Result<> copy_protection(Connection& from, Connection& to) {
  Statement rows = from.prepare_once("SELECT id FROM patient WHERE protected <> 0");
  for (;;) {
    DCMFS_TRY(const bool more, rows.step());
    if (!more) return {};
    DCMFS_TRY(const auto row, new_row(from, to, {Level::patient, rows.row(0)}));
    if (row) DCMFS_CHECK(to.run("UPDATE patient SET protected = 1 WHERE id = ?1", *row));
  }
}

// A rebuild keeps the numbers of instances.
Result<> copy_origins(Connection& from, Connection& to) {
  Statement rows = from.prepare_once(
      "SELECT instance.id, way, remote_aet, called_aet, remote_ip, http_username, http_host"
      " FROM instance CROSS JOIN origin ON origin.id = instance.origin");
  for (;;) {
    DCMFS_TRY(const bool more, rows.step());
    if (!more) return {};
    const Origin origin{.way = static_cast<Origin::Way>(rows.integer(1)),
                        .remote_aet = rows.text(2),
                        .called_aet = rows.text(3),
                        .remote_ip = rows.text(4),
                        .http_username = rows.text(5),
                        .http_host = rows.text(6)};
    DCMFS_TRY(const auto row, origin_row(to, origin));
    if (row)
      DCMFS_CHECK(to.run("UPDATE instance SET origin = ?2 WHERE id = ?1", rows.row(0), *row));
  }
}

}  // namespace

Result<> adopt_annotations(Index& made, const Folders& folders) {
  const auto old = Connection::open(folders.index(), Connection::Access::read_only);
  if (!old) return {};
  for (const auto copy : {copy_labels, copy_metadata, copy_attachments, copy_exports,
                          copy_protection, copy_origins}) {
    DCMFS_TRY(auto batch, made.begin());
    const auto written = batch.with([&](Connection& db) { return copy(**old, db); });
    if (written) DCMFS_CHECK(batch.commit());  // else rolled back: it could not be read
  }
  return {};
}

}  // namespace dcmfs::detail
