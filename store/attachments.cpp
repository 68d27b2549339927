#include "store/attachments.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>

#include <sys/random.h>

#include "store/detail/annotations.h"
#include "store/detail/attachment_files.h"
#include "store/detail/attachment_rows.h"
#include "store/detail/file_ops.h"
#include "store/detail/md5.h"
#include "store/metadata.h"

namespace dcmfs {
namespace {

namespace file_ops = detail::file_ops;
using detail::Connection;

constexpr std::int64_t kNoRevision = -1;

// RFC 4122 4.4: random, but for version and variant.
Result<std::string> random_uuid() {
  std::array<unsigned char, 16> b;
  if (::getrandom(b.data(), b.size(), 0) != static_cast<ssize_t>(b.size()))
    return system_error(errno, "asking for random numbers");
  b[6] = static_cast<unsigned char>((b[6] & 0x0f) | 0x40);
  b[8] = static_cast<unsigned char>((b[8] & 0x3f) | 0x80);
  char text[37];
  std::snprintf(text, sizeof text,
                "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x", b[0], b[1],
                b[2], b[3], b[4], b[5], b[6], b[7], b[8], b[9], b[10], b[11], b[12], b[13], b[14],
                b[15]);
  return std::string(text);
}

Error no_attachment() {
  return {Errc::not_found, "no such attachment"};
}

std::int64_t revision_there(const std::optional<Attachment>& attachment) {
  return attachment ? value(attachment->revision) : kNoRevision;
}

Result<> require_attachment(const Expected& expected, const std::optional<Attachment>& there) {
  return detail::require_expected(expected, revision_there(there),
                                  [&] { return Result<Md5Sum>(there->md5); });
}

}  // namespace

bool Attachments::is_name(std::string_view name) {
  constexpr std::array<std::string_view, 3> kOrthancs{"dicom", "dicom-as-json",
                                                      "dicom-until-pixel-data"};
  return Metadata::is_name(name) && std::ranges::find(kOrthancs, name) == kOrthancs.end();
}

Result<std::vector<Attachment>> Attachments::of(Key key) const {
  std::vector<Attachment> found;
  DCMFS_CHECK(index_.read([&](Connection& db) -> Result<> {
    DCMFS_CHECK(detail::require_resource(db, key));
    DCMFS_TRY(found, detail::attachments_of(db, key));
    return {};
  }));
  return found;
}

Result<Attachment> Attachments::get(Key key, std::string_view name) const {
  std::optional<Attachment> found;
  DCMFS_CHECK(index_.read([&](Connection& db) -> Result<> {
    DCMFS_TRY(found, detail::attachment(db, key, name));
    return {};
  }));
  if (!found) return no_attachment();
  return *std::move(found);
}

Result<Blob> Attachments::open(const Attachment& attachment) const {
  auto blob =
      Blob::open(detail::attachment_file(folders_, attachment.number), "opening an attachment");
  if (!blob && blob.error().code == Errc::not_found) return no_attachment();
  return blob;
}

Result<Attachment> Attachments::put(Key key, std::string_view name, SpoolFile& file, Time now,
                                    Expected expected) {
  if (!is_name(name))
    return Error{Errc::invalid_argument,
                 "an attachment is called by 1 to 64 bytes of text, or by a number from 1024 to "
                 "65535"};
  Attachment made;
  made.name = name;
  made.added = now;
  DCMFS_TRY(made.uuid, random_uuid());
  DCMFS_TRY(const auto hash, detail::md5_of(file.fd()));
  made.size = hash.size;
  made.md5 = hash.md5;
  // Before the transaction, which everybody waits for.
  DCMFS_CHECK(file_ops::sync_data(file.fd(), "syncing an attachment"));

  std::filesystem::path placed;
  bool replaced = false;
  const auto place = [&](Connection& db) -> Result<> {
    DCMFS_CHECK(detail::require_resource(db, key));
    DCMFS_TRY(const auto before, detail::attachment(db, key, name));
    DCMFS_CHECK(require_attachment(expected, before));
    made.revision = Revision{revision_there(before) + 1};
    if (before) DCMFS_CHECK(detail::doom_attachment(db, before->number));
    replaced = before.has_value();
    DCMFS_TRY(made.number, detail::insert_attachment(db, key, made));
    const auto folder = detail::attachment_folder(folders_, made.number);
    DCMFS_CHECK(file_ops::make_folder(folder));
    DCMFS_CHECK(file_ops::sync_folder(folders_.attachments()));
    const auto path = detail::attachment_file(folders_, made.number);
    DCMFS_CHECK(file_ops::rename(file.path(), path, "moving a file to the attachments"));
    placed = path;
    DCMFS_CHECK(file_ops::sync_folder(folder));
    return detail::note_change(db, ChangeType::updated_attachment, key, now);
  };
  const auto take_back = [&](bool in_doubt) {
    if (placed.empty()) return;
    // A row that may come back by a crash must find its file.
    constexpr std::string_view kWhat = "taking a file back";
    (void)(in_doubt ? file_ops::link(placed, file.path(), kWhat)
                    : file_ops::rename(placed, file.path(), kWhat));
  };
  {
    // The file goes back inside of the transaction: nobody else can have been given its number.
    DCMFS_TRY(auto batch, index_.begin());
    auto written = batch.with(place);
    if (written) written = file_ops::about_to_commit();
    if (written) written = batch.commit();
    if (!written) {
      take_back(batch.is_in_doubt());
      return std::move(written).error();
    }
  }
  file.release_name();
  DCMFS_CHECK(index_.make_durable());
  // What cannot be unlinked now is at the next time.
  if (replaced) (void)detail::unlink_doomed_attachments(index_, folders_);
  return made;
}

Result<> Attachments::remove(Key key, std::string_view name, Time now, Expected expected) {
  bool removed = false;
  DCMFS_CHECK(index_.write_durably([&](Connection& db) -> Result<> {
    DCMFS_TRY(const auto before, detail::attachment(db, key, name));
    DCMFS_CHECK(require_attachment(expected, before));
    if (!before) return {};
    removed = true;
    DCMFS_CHECK(detail::doom_attachment(db, before->number));
    return detail::note_change(db, ChangeType::updated_attachment, key, now);
  }));
  if (removed) (void)detail::unlink_doomed_attachments(index_, folders_);
  return {};
}

}  // namespace dcmfs
