// An archive, unpacked as incoming/ unpacks one: into spool files that are then thrown away.
#include <unistd.h>

#include "store/archive_import.h"
#include "store/dicom/text.h"
#include "tests/fuzz/target.h"
#include "tests/support/temp_folder.h"

namespace dcmfs::fuzz {
namespace {

// Bombs are stopped by limits that real archives do not reach: smaller ones here, so that a run
// stays short.
constexpr ArchiveLimits kSmall{.members_max = 1000, .bytes_max = 8 << 20, .ratio_max = 250};

struct Unpacked {
  std::string wrong, text;
};

Unpacked unpack_all(int fd) {
  Unpacked out;
  std::int64_t read = 0;
  const auto each = [&](std::string_view name, MemberReader& reader) -> Result<> {
    if (!is_valid_utf8(name)) out.wrong = "a name that is not UTF-8";
    if (last_part_of_member(name).find('/') != std::string_view::npos)
      out.wrong = "a path for a name";
    std::byte block[4096];
    for (;;) {
      const auto got = reader.read(block);
      if (!got && got.error().code == Errc::corrupt) return {};
      if (!got) return got.error();
      if (*got == 0) break;
      read += static_cast<std::int64_t>(*got);
    }
    out.text.append(name).push_back('\n');
    return {};
  };
  const auto done = unpack(fd, kSmall, each);
  if (read > kSmall.bytes_max + 4096) out.wrong = "more than the limit was unpacked";
  out.text += std::to_string(read) + (done ? "" : done.error().message);
  return out;
}

}  // namespace

std::string archive(std::string_view bytes) {
  static const TempFolder folder;
  static const int fd = [] {
    std::string name = (folder / "archive-XXXXXX").string();
    return ::mkstemp(name.data());
  }();
  if (::ftruncate(fd, 0) != 0) return "no temporary file";
  if (::pwrite(fd, bytes.data(), bytes.size(), 0) != std::ssize(bytes)) return "no temporary file";
  (void)is_archive(fd);
  const Unpacked first = unpack_all(fd);
  if (!first.wrong.empty()) return first.wrong;
  return unpack_all(fd).text == first.text ? "" : "another answer the second time";
}

}  // namespace dcmfs::fuzz
