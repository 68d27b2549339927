// Messages to the mount, as hostile as the protocol allows: any values, names, nodes and handles,
// in messages of the right form. (Who can write into the descriptor that libfuse reads from is the
// kernel; libfuse itself believes the lengths in a message.)
#include <memory>

#include <dirent.h>

#include "fs/node.h"
#include "tests/fs/wire.h"
#include "tests/fuzz/target.h"

namespace dcmfs::fuzz {
namespace {

using fs::Kind;
using fs::Wire;

constexpr int kMessagesMax = 64;        // of one input
constexpr int kInputsOfOneMount = 300;  // then everything begins anew
constexpr std::size_t kPayloadMax = 4096;

// What follows the fixed part of a message.
enum class Tail : std::uint8_t { nothing, name, two_names, data, name_and_data };
constexpr int kNone = -1;

struct Form {
  std::uint32_t opcode;
  std::size_t fixed_bytes;
  int handle_at;  // in the fixed part
  int size_at;    // of the data
  Tail tail;
};
#define DCMFS_AT(type, member) static_cast<int>(offsetof(type, member))
// clang-format off
constexpr Form kForms[] = {
    {FUSE_LOOKUP,      0,                              kNone, kNone, Tail::name},
    {FUSE_GETATTR,     sizeof(fuse_getattr_in),        DCMFS_AT(fuse_getattr_in, fh), kNone, Tail::nothing},
    {FUSE_SETATTR,     sizeof(fuse_setattr_in),        DCMFS_AT(fuse_setattr_in, fh), kNone, Tail::nothing},
    {FUSE_READLINK,    0,                              kNone, kNone, Tail::nothing},
    {FUSE_SYMLINK,     0,                              kNone, kNone, Tail::two_names},
    {FUSE_MKNOD,       sizeof(fuse_mknod_in),          kNone, kNone, Tail::name},
    {FUSE_MKDIR,       sizeof(fuse_mkdir_in),          kNone, kNone, Tail::name},
    {FUSE_UNLINK,      0,                              kNone, kNone, Tail::name},
    {FUSE_RMDIR,       0,                              kNone, kNone, Tail::name},
    {FUSE_RENAME,      sizeof(fuse_rename_in),         kNone, kNone, Tail::two_names},
    {FUSE_RENAME2,     sizeof(fuse_rename2_in),        kNone, kNone, Tail::two_names},
    {FUSE_LINK,        sizeof(fuse_link_in),           kNone, kNone, Tail::name},
    {FUSE_OPEN,        sizeof(fuse_open_in),           kNone, kNone, Tail::nothing},
    {FUSE_CREATE,      sizeof(fuse_create_in),         kNone, kNone, Tail::name},
    {FUSE_READ,        sizeof(fuse_read_in),           DCMFS_AT(fuse_read_in, fh), kNone, Tail::nothing},
    {FUSE_WRITE,       sizeof(fuse_write_in),          DCMFS_AT(fuse_write_in, fh), DCMFS_AT(fuse_write_in, size), Tail::data},
    {FUSE_STATFS,      0,                              kNone, kNone, Tail::nothing},
    {FUSE_RELEASE,     sizeof(fuse_release_in),        DCMFS_AT(fuse_release_in, fh), kNone, Tail::nothing},
    {FUSE_FSYNC,       sizeof(fuse_fsync_in),          DCMFS_AT(fuse_fsync_in, fh), kNone, Tail::nothing},
    {FUSE_FLUSH,       sizeof(fuse_flush_in),          DCMFS_AT(fuse_flush_in, fh), kNone, Tail::nothing},
    {FUSE_SETXATTR,    FUSE_COMPAT_SETXATTR_IN_SIZE,   kNone, 0, Tail::name_and_data},
    {FUSE_GETXATTR,    sizeof(fuse_getxattr_in),       kNone, kNone, Tail::name},
    {FUSE_LISTXATTR,   sizeof(fuse_getxattr_in),       kNone, kNone, Tail::nothing},
    {FUSE_REMOVEXATTR, 0,                              kNone, kNone, Tail::name},
    {FUSE_OPENDIR,     sizeof(fuse_open_in),           kNone, kNone, Tail::nothing},
    {FUSE_READDIR,     sizeof(fuse_read_in),           DCMFS_AT(fuse_read_in, fh), kNone, Tail::nothing},
    {FUSE_READDIRPLUS, sizeof(fuse_read_in),           DCMFS_AT(fuse_read_in, fh), kNone, Tail::nothing},
    {FUSE_RELEASEDIR,  sizeof(fuse_release_in),        DCMFS_AT(fuse_release_in, fh), kNone, Tail::nothing},
    {FUSE_FSYNCDIR,    sizeof(fuse_fsync_in),          DCMFS_AT(fuse_fsync_in, fh), kNone, Tail::nothing},
    {FUSE_ACCESS,      sizeof(fuse_access_in),         kNone, kNone, Tail::nothing},
    {FUSE_FALLOCATE,   sizeof(fuse_fallocate_in),      DCMFS_AT(fuse_fallocate_in, fh), kNone, Tail::nothing},
    {FUSE_LSEEK,       sizeof(fuse_lseek_in),          DCMFS_AT(fuse_lseek_in, fh), kNone, Tail::nothing},
    {FUSE_COPY_FILE_RANGE, sizeof(fuse_copy_file_range_in), DCMFS_AT(fuse_copy_file_range_in, fh_in), kNone, Tail::nothing},
};
constexpr std::string_view kNames[] = {
    "", ".", "..", "/", "a/b", "../../x", "a", "b", "CD", "x.dcm", ".x.dcm.Ab12Cd", "x.part", "DICOMDIR",
    "report.jsonl", "README.txt", "patients", "incoming", "patient.json", "study.zip", "0001.dcm", "0001.png",
    "0001.frames", "PatientName=*", "StudyDate=20040101-", "Rows=1", "=", "SQ=", "user.dicom.PatientName",
    "user.x", "security.capability", "\xff\xfe", "\n", "recent", "find", "2004", "CT"};
// clang-format on

// Reads the input; what it does not have is zero.
class Bytes {
 public:
  explicit Bytes(std::string_view bytes) : rest_(bytes) {}
  bool empty() const { return rest_.empty(); }
  std::uint8_t byte() {
    const std::string_view one = take(1);
    return one.empty() ? 0 : static_cast<std::uint8_t>(one.front());
  }
  std::uint64_t number() {
    std::uint64_t n = 0;
    for (const char c : take(8)) n = n << 8 | static_cast<unsigned char>(c);
    return n;
  }
  std::string_view take(std::size_t count) {
    const auto out = rest_.substr(0, count);
    rest_.remove_prefix(out.size());
    return out;
  }

 private:
  std::string_view rest_;
};

class Mounted {
 public:
  Mounted() {
    store_->add(make_dicom().patient("1", "DOE^JANE").pixels(4, 4, 8, 3));
    store_->add(make_dicom().patient("2", "ROE^RICHARD").modality("MR"));
    wire_ = std::make_unique<Wire>(**store_, options());
    learn(FUSE_ROOT_ID, 0);
    root_ = names_of(wire_->list(FUSE_ROOT_ID));
  }

  std::string run(Bytes input) {
    const std::size_t known = nodes_.size();
    for (int n = 0; n < kMessagesMax && !input.empty(); ++n) send(input);
    for (const auto& file : files_) wire_->close(file);
    files_.clear();
    nodes_.resize(known);
    return names_of(wire_->list(FUSE_ROOT_ID)) == root_ ? "" : "the root is not as it was";
  }

 private:
  static fs::Options options() {
    fs::Options options;
    options.allow_delete = true;
    return options;
  }

  // The nodes of the tree, as a walk finds them.
  void learn(std::uint64_t folder, int depth) {
    nodes_.push_back(folder);
    if (depth == 6) return;
    for (const auto& entry : wire_->list(folder)) {
      if (entry.type == DT_DIR) {
        learn(entry.inode, depth + 1);
      } else {
        nodes_.push_back(entry.inode);
      }
    }
  }

  std::uint64_t node(Bytes& input) {
    const std::uint8_t choice = input.byte();
    if (choice < 200) return nodes_[choice % nodes_.size()];
    if (choice < 210) return input.number();
    const std::uint64_t kind = input.byte() % (static_cast<unsigned>(Kind::count) + 2u);
    const std::uint64_t row = input.byte(), part = input.byte();
    return kind << (fs::kRowBits + fs::kPartBits) | row << fs::kPartBits | part;
  }

  std::string name(Bytes& input) {
    const std::uint8_t choice = input.byte();
    std::string name(choice < 200 ? kNames[choice % std::size(kNames)] : input.take(choice));
    name.resize(std::min(name.size(), name.find('\0')));  // how long it is, its NUL says
    if (choice == 255) name += std::string(300, 'n');
    return name;
  }

  std::string data(Bytes& input) {
    if (input.byte() < 100) return make_dicom().pixels(2, 2, 8).bytes();
    return std::string(input.take(input.number() % kPayloadMax));
  }

  void send(Bytes& input) {
    const Form& form = kForms[input.byte() % std::size(kForms)];
    std::uint64_t node_id = node(input);
    std::string message(input.take(form.fixed_bytes));
    message.resize(form.fixed_bytes);
    if (form.handle_at != kNone && !files_.empty() && input.byte() < 240) {
      const auto& file = files_[input.byte() % files_.size()];
      std::memcpy(message.data() + form.handle_at, &file.handle, sizeof file.handle);
      node_id = file.inode;
    }
    if (form.tail == Tail::name || form.tail == Tail::name_and_data) {
      message += Wire::text(name(input));
    }
    if (form.tail == Tail::two_names) {
      message += Wire::text(name(input));
      message += Wire::text(name(input));
    }
    if (form.size_at != kNone) {
      const std::string bytes = data(input);
      const auto size = static_cast<std::uint32_t>(bytes.size());
      std::memcpy(message.data() + form.size_at, &size, sizeof size);
      message += bytes;
    }
    keep(form, node_id, wire_->call(form.opcode, node_id, message));
  }

  // What an answer gives to go on with.
  void keep(const Form& form, std::uint64_t node_id, const fs::Reply& reply) {
    if (reply.error != 0) return;
    switch (form.opcode) {
      case FUSE_OPEN:
        files_.push_back({0, node_id, reply.as<fuse_open_out>().fh});
        break;
      case FUSE_CREATE: {
        const auto inode = reply.as<fuse_entry_out>().nodeid;
        const fs::Reply opened{0, reply.bytes.substr(sizeof(fuse_entry_out))};
        files_.push_back({0, inode, opened.as<fuse_open_out>().fh});
        nodes_.push_back(inode);
        break;
      }
      case FUSE_LOOKUP:
      case FUSE_MKDIR:
      case FUSE_MKNOD:
        nodes_.push_back(reply.as<fuse_entry_out>().nodeid);
        break;
      default:
        break;
    }
  }

  std::unique_ptr<TempStore> store_ =
      std::make_unique<TempStore>(StoreOptions{.durability = Durability::relaxed});
  std::unique_ptr<Wire> wire_;
  std::vector<std::uint64_t> nodes_;
  std::vector<std::string> root_;  // the names in it
  std::vector<fs::OpenFile> files_;
};

}  // namespace

std::string messages(std::string_view bytes) {
  static std::unique_ptr<Mounted> mounted;
  static int inputs = 0;
  if (!mounted || ++inputs % kInputsOfOneMount == 0) {
    mounted.reset();
    mounted = std::make_unique<Mounted>();
  }
  return mounted->run(Bytes(bytes));
}

}  // namespace dcmfs::fuzz
