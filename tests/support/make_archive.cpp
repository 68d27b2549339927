#include "tests/support/make_archive.h"

#include <memory>
#include <stdexcept>

#include <archive.h>
#include <archive_entry.h>
#include <locale.h>

namespace dcmfs {
namespace {

struct CloseArchive {
  void operator()(archive* a) const { archive_write_free(a); }
};
struct CloseEntry {
  void operator()(archive_entry* e) const { archive_entry_free(e); }
};

la_ssize_t append(archive*, void* out, const void* bytes, std::size_t size) {
  static_cast<std::string*>(out)->append(static_cast<const char*>(bytes), size);
  return static_cast<la_ssize_t>(size);
}

void require(archive* a, int status) {
  if (status < ARCHIVE_WARN) throw std::runtime_error(archive_error_string(a));
}

void write_member(archive* a, const ArchiveMember& member) {
  const std::unique_ptr<archive_entry, CloseEntry> entry(archive_entry_new());
  archive_entry_set_pathname_utf8(entry.get(), member.name.c_str());
  archive_entry_set_filetype(entry.get(), member.link_to.empty() ? AE_IFREG : AE_IFLNK);
  archive_entry_set_perm(entry.get(), 0644);
  archive_entry_set_size(entry.get(), static_cast<la_int64_t>(member.bytes.size()));
  if (!member.link_to.empty()) archive_entry_set_symlink(entry.get(), member.link_to.c_str());
  require(a, archive_write_header(a, entry.get()));
  if (!member.bytes.empty() && archive_write_data(a, member.bytes.data(), member.bytes.size()) < 0)
    throw std::runtime_error(archive_error_string(a));
}

enum class Compressed { no, gzip };

std::string make(int (*set_format)(archive*), const char* options, Compressed compressed,
                 const ArchiveMembers& members) {
  // libarchive converts names by the locale of the thread.
  const locale_t utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", locale_t{});
  const locale_t before = uselocale(utf8);
  std::string bytes;
  {
    const std::unique_ptr<archive, CloseArchive> a(archive_write_new());
    require(a.get(), set_format(a.get()));
    if (compressed == Compressed::gzip) require(a.get(), archive_write_add_filter_gzip(a.get()));
    require(a.get(), archive_write_set_options(a.get(), options));
    require(a.get(), archive_write_set_passphrase(a.get(), "secret"));
    require(a.get(), archive_write_open(a.get(), &bytes, nullptr, append, nullptr));
    for (const ArchiveMember& member : members) write_member(a.get(), member);
    require(a.get(), archive_write_close(a.get()));
  }
  uselocale(before);
  freelocale(utf8);
  return bytes;
}

}  // namespace

std::string make_zip(const ArchiveMembers& members) {
  return make(archive_write_set_format_zip, nullptr, Compressed::no, members);
}
std::string make_encrypted_zip(const ArchiveMembers& members) {
  return make(archive_write_set_format_zip, "zip:encryption=traditional", Compressed::no, members);
}
std::string make_tar(const ArchiveMembers& members) {
  return make(archive_write_set_format_pax_restricted, nullptr, Compressed::no, members);
}
std::string make_tar_gz(const ArchiveMembers& members) {
  return make(archive_write_set_format_pax_restricted, nullptr, Compressed::gzip, members);
}
std::string make_iso(const ArchiveMembers& members) {
  return make(archive_write_set_format_iso9660, nullptr, Compressed::no, members);
}

}  // namespace dcmfs
