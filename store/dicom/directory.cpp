// The layout of a DICOMDIR. Records refer to each other by where their items begin in the file: all
// lengths are defined and the fields of fixed size, so that the records are encoded first and the
// offsets put into them when it is known where each stands.
#include "store/dicom/directory.h"

#include <limits>

#include "store/dicom/directory_tags.h"
#include "store/dicom/recode.h"
#include "store/dicom/transfer_syntax.h"
#include "store/dicom/writer.h"

namespace dcmfs {
namespace {

using namespace directory_tags;

constexpr std::size_t kItemHeaderBytes = 8;
constexpr std::size_t kSequenceHeaderBytes = 12;
// In the item, behind its header: the values of the first and the third element of a record.
constexpr std::size_t kNextAt = 8, kLowerAt = 8 + 4 + 8 + 2 + 8;

std::string little_endian_32(std::uint64_t value) {
  std::string out;
  for (int shift = 0; shift < 32; shift += 8) out += static_cast<char>(value >> shift & 0xff);
  return out;
}
std::string little_endian_16(unsigned value) {
  return {static_cast<char>(value & 0xff), static_cast<char>(value >> 8)};
}

struct EncodedRecord {
  std::string item;                 // with its header
  std::size_t next = 0, lower = 0;  // records; 0: there is none, as none refers to the first
};

class DirectoryRecords {
 public:
  Result<> add_all(const std::vector<DirectoryRecord>& records) {
    std::size_t before = 0;
    for (const DirectoryRecord& record : records) {
      const std::size_t index = all_.size();
      DCMFS_TRY(auto item, encode(record));
      all_.push_back({std::move(item)});
      if (&record != &records.front()) all_[before].next = index;
      before = index;
      if (!record.lower.empty()) {
        all_[index].lower = index + 1;
        DCMFS_CHECK(add_all(record.lower));
      }
    }
    last_ = before;  // in the end, of the root
    return {};
  }

  // All items, the first of which will stand at `start`, and where the last of the root does.
  std::string take(std::size_t start, std::size_t& last_of_root) {
    std::vector<std::size_t> offsets;
    for (const EncodedRecord& record : all_) {
      offsets.push_back(start);
      start += record.item.size();
    }
    last_of_root = all_.empty() ? 0 : offsets[last_];
    std::string out;
    for (EncodedRecord& record : all_) {
      if (record.next != 0) put(record.item, kNextAt, offsets[record.next]);
      if (record.lower != 0) put(record.item, kLowerAt, offsets[record.lower]);
      out += record.item;
      record.item = {};
    }
    return out;
  }
  std::size_t bytes() const {
    std::size_t sum = 0;
    for (const EncodedRecord& record : all_) sum += record.item.size();
    return sum;
  }

 private:
  static void put(std::string& item, std::size_t at, std::size_t offset) {
    item.replace(kItemHeaderBytes + at, 4, little_endian_32(offset));
  }

  static Result<std::string> encode(const DirectoryRecord& record) {
    Dataset dataset = in_character_set(record.keys, "");
    dataset.set_bytes(OffsetOfTheNextDirectoryRecord, Vr::UL, little_endian_32(0));
    dataset.set_bytes(RecordInUseFlag, Vr::US, little_endian_16(0xffff));  // PS3.3 F.3.2.2: in use
    dataset.set_bytes(OffsetOfReferencedLowerLevelDirectoryEntity, Vr::UL, little_endian_32(0));
    dataset.set_text(DirectoryRecordType, Vr::CS, record.type);
    DCMFS_TRY(const auto bytes,
              encode_dataset(dataset, *find_transfer_syntax(uids::ExplicitVRLittleEndian)));
    return std::string("\xfe\xff\x00\xe0", 4) + little_endian_32(bytes.size()) + bytes;
  }

  std::vector<EncodedRecord> all_;
  std::size_t last_ = 0;
};

}  // namespace

Result<std::string> encode_directory(const std::vector<DirectoryRecord>& patients,
                                     std::string_view file_set_id, std::string_view sop_instance) {
  DirectoryRecords records;
  DCMFS_CHECK(records.add_all(patients));
  const std::string meta = encode_meta(uids::MediaStorageDirectoryStorage, sop_instance,
                                       uids::ExplicitVRLittleEndian, "");
  Dataset head;
  head.set_text(FileSetID, Vr::CS, file_set_id);
  head.set_bytes(OffsetOfTheFirstDirectoryRecordOfTheRootDirectoryEntity, Vr::UL,
                 little_endian_32(0));
  head.set_bytes(OffsetOfTheLastDirectoryRecordOfTheRootDirectoryEntity, Vr::UL,
                 little_endian_32(0));
  head.set_bytes(FileSetConsistencyFlag, Vr::US, little_endian_16(0));  // no inconsistency known
  const auto& syntax = *find_transfer_syntax(uids::ExplicitVRLittleEndian);
  DCMFS_TRY(const std::string unset, encode_dataset(head, syntax));
  const std::size_t start = meta.size() + unset.size() + kSequenceHeaderBytes;
  const std::size_t items_bytes = records.bytes();
  if (start + items_bytes > std::numeric_limits<std::uint32_t>::max() - kItemHeaderBytes)
    return Error{Errc::too_large, "too many records for a DICOMDIR"};
  std::size_t last = 0;
  const std::string items = records.take(start, last);
  if (!patients.empty()) {
    head.set_bytes(OffsetOfTheFirstDirectoryRecordOfTheRootDirectoryEntity, Vr::UL,
                   little_endian_32(start));
    head.set_bytes(OffsetOfTheLastDirectoryRecordOfTheRootDirectoryEntity, Vr::UL,
                   little_endian_32(last));
  }
  DCMFS_TRY(const std::string first, encode_dataset(head, syntax));
  return meta + first + std::string("\x04\x00\x20\x12SQ\x00\x00", 8) +
         little_endian_32(items.size()) + items;
}

}  // namespace dcmfs
