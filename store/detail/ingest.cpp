#include "store/detail/ingest.h"

#include <array>
#include <cerrno>
#include <cstring>
#include <string>

#include <sys/stat.h>

#include "store/dicom/document.h"
#include "store/dicom/json.h"
#include "store/dicom/text.h"
#include "store/dicom/transfer_syntax.h"
#include "store/entry_names.h"
#include "store/image/image.h"

namespace dcmfs::detail {
namespace {

// LO has 64 characters (PS3.5 6.2); what is far beyond is no identifier.
constexpr std::size_t kPatientIdBytesMax = 1024;
constexpr std::uint16_t kMetaGroup = 0x0002;

Result<std::int64_t> size_of(int fd) {
  struct stat status {};
  if (::fstat(fd, &status) != 0) return system_error(errno, "reading the size of a file");
  return std::int64_t{status.st_size};
}

// For an instance that says nowhere which one it is: the same bytes are the same instance.
std::string uid_from_content(const Digest& digest) {
  std::array<std::uint64_t, 2> bits{};
  static_assert(sizeof bits <= sizeof digest.sha256);
  std::memcpy(bits.data(), digest.sha256.data(), sizeof bits);
  return uid_from_bits(bits[0], bits[1]);
}

// What real files have as UIDs is not always one by PS3.5 9.1 (more than 64 characters, components
// that begin with zero, letters). It still tells instances apart, so it is taken; but it must be
// able to stand in the tree as it is.
Result<std::string> uid_of(const Dataset& dataset, Tag tag) {
  auto uid = dataset.text_or(tag, "");
  if (safe_name(uid) != uid) return Error{Errc::corrupt, keyword_of(tag) + " is not a UID"};
  return uid;
}

// Errors: see read_instance. StudyInstanceUID and SeriesInstanceUID stay empty where the object has
// none (PS3.3 A.1: Hanging Protocols and Color Palettes belong to no patient) or its maker forgot.
Result<Uids> uids_of(const DicomFile& file, const Digest& digest) {
  // PS3.10 8.6: a DICOMDIR describes a medium and has no identity of its own.
  if (file.meta.text_or(tags::MediaStorageSOPClassUID, "") == uids::MediaStorageDirectoryStorage) {
    return Error{Errc::invalid_argument, "a DICOMDIR is not an instance"};
  }
  Uids uids;
  DCMFS_TRY(uids.sop_instance, uid_of(file.dataset, tags::SOPInstanceUID));
  if (uids.sop_instance.empty()) {
    DCMFS_TRY(uids.sop_instance, uid_of(file.meta, tags::MediaStorageSOPInstanceUID));
  }
  if (uids.sop_instance.empty()) uids.sop_instance = uid_from_content(digest);
  DCMFS_TRY(uids.study, uid_of(file.dataset, tags::StudyInstanceUID));
  DCMFS_TRY(uids.series, uid_of(file.dataset, tags::SeriesInstanceUID));
  uids.patient_id = file.dataset.text_or(tags::PatientID, "");
  if (uids.patient_id.size() > kPatientIdBytesMax) {
    return Error{Errc::corrupt, "PatientID is too long"};
  }
  return uids;
}

}  // namespace

Result<DicomFile> read_header(int fd) {
  DCMFS_TRY(const std::int64_t bytes, size_of(fd));
  // The answer needs its source, which read_dicom only borrows.
  struct Owned {
    std::unique_ptr<ByteSource> source;
    std::shared_ptr<ByteSource> content;
  };
  auto owned = std::make_shared<Owned>();
  owned->source = file_source(fd, bytes);
  DCMFS_TRY(auto file, read_dicom(*owned->source));
  owned->content = std::move(file.content);
  file.content = std::shared_ptr<ByteSource>(owned, owned->content.get());
  return file;
}

Sizes sizes_of(const DicomFile& file) {
  Sizes sizes;
  sizes.json = static_cast<std::int64_t>(keyword_json(file).size());
  if (const auto pdf = find_pdf(file)) sizes.pdf = pdf->length;
  if (const auto pixels = describe_pixels(file)) {
    sizes.rows = pixels->rows;
    sizes.columns = pixels->columns;
    sizes.channels = pixels->channels();
    sizes.frames = pixels->frames;
  }
  return sizes;
}

std::optional<std::string> indexed_value(const DicomFile& file, Tag tag) {
  const Dataset& dataset = tag.group == kMetaGroup ? file.meta : file.dataset;
  auto text = dataset.text(tag);
  if (text && text->size() > kIndexedValueBytesMax) {
    text->resize(cut_utf8(*text, kIndexedValueBytesMax).size());
  }
  return text;
}

Result<> check_instance_size(std::int64_t bytes) {
  if (bytes <= kInstanceBytesMax) return {};
  return Error{Errc::too_large, "an instance of more than 64 GiB"};
}

Result<Uids> read_uids(int fd, const MakeDigest& make_digest) {
  DCMFS_TRY(const auto file, read_header(fd));
  DCMFS_TRY(const Digest digest, make_digest());
  return uids_of(file, digest);
}

Result<NewInstance> read_instance(int fd, const MakeDigest& make_digest, Time received) {
  DCMFS_TRY(const auto file, read_header(fd));
  if (file.truncated) return Error{Errc::corrupt, "the file ends inside an element"};
  DCMFS_TRY(const std::int64_t bytes, size_of(fd));
  DCMFS_CHECK(check_instance_size(bytes));
  DCMFS_TRY(const Digest digest, make_digest());
  NewInstance instance;
  DCMFS_TRY(instance.uids, uids_of(file, digest));

  instance.values.reserve(attributes().size());
  for (const Attribute& attribute : attributes()) {
    instance.values.push_back(indexed_value(file, attribute.tag));
  }
  const Dataset& dataset = file.dataset;
  instance.patient_name = patient_name(dataset);
  instance.study_name = study_name(dataset);
  instance.series_name = series_name(dataset);
  instance.instance_name = instance_name(dataset);
  instance.study_link = study_link_name(dataset);
  instance.series_link = series_link_name(dataset);
  instance.modality = modality_folder_name(dataset);
  instance.study_date = study_date(dataset);
  instance.series_date = series_date(dataset);

  instance.sizes = sizes_of(file);

  instance.file.size = digest.size;
  instance.file.sha256 = digest.sha256;
  instance.file.crc32 = digest.crc32;
  instance.file.transfer_syntax = file.syntax_uid;
  instance.file.received = received;
  return instance;
}

}  // namespace dcmfs::detail
