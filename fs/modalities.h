#pragma once
// modalities/NAME/ and peers/NAME/: what is dropped there is sent (queued in the outbox). See drop.h.
//
// A file that is copied there within the mount is named, not moved: the queue holds its number, and
// so does a link. Bytes from elsewhere are kept until they are sent and are not imported, but with
// Options::import_sent.
//
// In retrieve/ it is the other way round: a folder that is named by a StudyInstanceUID, or a file of
// find/ that is copied there, has that study fetched.
#include <optional>
#include <string>
#include <string_view>

#include "fs/drop.h"
#include "fs/tree.h"

namespace dcmfs::fs {

class Modalities final : public Drop {
 public:
  // `mountpoint`: how a link may begin that is not relative.
  Modalities(Tree&, std::string mountpoint, Time now);

  // copy_file_range() of `length` bytes of a file of the tree. not_supported: its bytes have to be
  // written.
  struct Copy {
    Node source;
    std::int64_t source_size;
    std::int64_t from, to, length;  // offsets in the source, and here
  };
  Result<std::size_t> copy(Handle, const Copy&, Time now);

  // Sends what `target` leads to: an instance, or all below a folder of the tree. What is dropped is
  // a link. not_found: nothing is there, or nothing that can be sent.
  Result<Attributes> make_link(const Node& folder, std::string_view name, std::string_view target,
                               Writer, Time now);
  Result<std::string> read_link(const Node&);

  // What fsync stands for, but for waiting: the entry to wait for, if what was written is complete.
  Result<std::optional<OutboxId>> queue(Handle, Time now);

 private:
  Result<> take(Item&, const DraftPtr&, Handle by, const std::string& path, Time now) override;
  Result<SpoolFile> make_spool(std::string_view) override { return store_.spool(); }
  Result<Blob> settled(const Draft&) const override;
  ItemPtr make_root(std::uint64_t number) override;
  Result<> may_make_folder(const Item& parent, std::string_view name) override;

  // Into the outbox; on an error all is as it was.
  Result<> put(const Item&, Draft&, const std::string& path, Time now);
  Result<> fetch(Draft&, const std::string& destination);
  Result<OutboxId> put_source(const Draft&, const std::string& destination, std::string_view name,
                              Time now);
  Result<OutboxId> put_bytes(Draft&, const std::string& destination, const std::string& path,
                             Time now);
  Result<Key> resolve(std::string_view target);

  Tree& tree_;
  const std::string mountpoint_;
};

}  // namespace dcmfs::fs
