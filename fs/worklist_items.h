#pragma once
// worklists/: the files of STORE/worklists, to be made, written, renamed and removed. See drop.h.
//
// What is taken is checked and then stands in that folder, and is no ghost: it stays, under its
// number, for as long as the mount. What is no worklist item changes nothing there. Other programs
// may change the folder, too: it is looked at again whenever somebody asks.
#include <string>
#include <string_view>

#include "fs/drop.h"
#include "store/worklist_folder.h"

namespace dcmfs::fs {

class WorklistItems final : public Drop {
 public:
  WorklistItems(Store&, const Options&, Time now);

  // Nobody closes what is truncated by its name: it is taken at once.
  Result<> truncate(const Node&, Handle, std::int64_t size, Time now) override;

 private:
  Result<> take(Item&, const DraftPtr&, Handle by, const std::string& path, Time now) override;
  Result<SpoolFile> make_spool(std::string_view) override { return store_.spool(); }
  Result<Blob> settled(const Draft&) const override;
  ItemPtr make_root(std::uint64_t number) override;
  Result<> may_make_folder(const Item& parent, std::string_view name) override;
  Result<ItemPtr> revive(const ItemPtr& folder, std::string_view name, Time now) override;
  void look_again(Item&) override;
  void look_for_more(const ItemPtr& folder) override;
  bool is_ghost(const Item&) const override;
  Result<> opens(Draft&) override;
  Result<> move_kept(Item&, std::string_view new_name) override;
  Result<> remove_kept(const std::string& path) override;
  void time_was_set(const Item&) override;

  Result<ItemPtr> adopt(const ItemPtr& folder, const std::string& name, const WorklistFolder::File&,
                        Time now);

  WorklistFolder folder_;
};

}  // namespace dcmfs::fs
