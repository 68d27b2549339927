#include "store/zip_file.h"

#include <algorithm>
#include <cstring>

#include "store/zip_records.h"

namespace dcmfs {
namespace {

zip::Record record_of(const ZipMember& m, std::int64_t start) {
  const auto size = static_cast<std::uint64_t>(m.size);
  return {.name = m.name,
          .modified = m.modified,
          .crc32 = m.crc32,
          .packed_bytes = size,
          .bytes = size,
          .start = static_cast<std::uint64_t>(start)};
}

}  // namespace

std::int64_t ZipFile::size_of_member(std::size_t name_bytes, std::int64_t size) {
  return size + static_cast<std::int64_t>(zip::kLocalBytes + zip::kCentralBytes + 2 * name_bytes);
}
std::int64_t ZipFile::size_of_end() {
  return zip::kEndBytes;
}

ZipFile::ZipFile(std::vector<ZipMember> members, ReadMember read_member)
    : members_(std::move(members)), read_member_(std::move(read_member)) {
  starts_.reserve(members_.size());
  for (const auto& m : members_) {
    starts_.push_back(tail_start_);
    tail_start_ += static_cast<std::int64_t>(zip::kLocalBytes + m.name.size()) + m.size;
  }
  for (std::size_t i = 0; i < members_.size(); ++i) {
    zip::append_central_header(tail_, record_of(members_[i], starts_[i]));
  }
  zip::append_end(tail_, members_.size(), static_cast<std::uint64_t>(tail_start_), tail_.size());
  size_ = tail_start_ + static_cast<std::int64_t>(tail_.size());
}

Result<std::size_t> ZipFile::read(std::int64_t offset, std::span<std::byte> into) const {
  std::size_t done = 0;
  const auto take = [&](std::string_view from, std::int64_t start) {
    const auto part = from.substr(static_cast<std::size_t>(start), into.size() - done);
    std::memcpy(into.data() + done, part.data(), part.size());
    done += part.size();
  };
  while (done < into.size()) {
    const auto at = offset + static_cast<std::int64_t>(done);
    if (at >= size_) break;
    if (at >= tail_start_) {
      take(tail_, at - tail_start_);
      continue;
    }
    const auto next = std::upper_bound(starts_.begin(), starts_.end(), at);
    const auto index = static_cast<std::size_t>(next - starts_.begin() - 1);
    const auto& member = members_[index];
    const auto header = zip::local_header(record_of(member, starts_[index]));
    const auto in_member = at - starts_[index];
    const auto header_bytes = static_cast<std::int64_t>(header.size());
    if (in_member < header_bytes) {
      take(header, in_member);
      continue;
    }
    const auto in_file = in_member - header_bytes;
    const auto bytes =
        std::min(into.size() - done, static_cast<std::size_t>(member.size - in_file));
    DCMFS_CHECK(read_member_(index, in_file, into.subspan(done, bytes)));
    done += bytes;
  }
  return done;
}

}  // namespace dcmfs
