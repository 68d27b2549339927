#pragma once
// incoming/: what is dropped there is imported. See drop.h.
#include <filesystem>
#include <string>
#include <string_view>

#include "fs/accepted_files.h"
#include "fs/drop.h"
#include "fs/incoming_archives.h"
#include "fs/incoming_report.h"

namespace dcmfs::fs {

class Incoming final : public Drop {
 public:
  // `folder`: where the list of accepted files is kept.
  Incoming(Store&, const Options&, const std::filesystem::path& folder, IncomingReport&, Time now);
  ~Incoming() override;

  void tidy(Time now) override;
  IncomingReport& report() { return report_; }

 private:
  Result<> take(Item&, const DraftPtr&, Handle by, const std::string& path, Time now) override;
  Result<SpoolFile> make_spool(std::string_view name) override { return store_.spool(name); }
  Result<Blob> settled(const Draft&) const override;
  void look_again(Item&) override;
  ItemPtr make_root(std::uint64_t number) override { return add_root(number); }
  Result<ItemPtr> revive(const ItemPtr& folder, std::string_view name, Time now) override;
  Result<> remove_kept(const std::string& path) override {
    accepted_.forget(path);
    return {};
  }
  void folder_was_removed(const std::string& path, Time now) override {
    accepted_.forget_folder(path, now);
  }
  void was_renamed(const std::string& old_path, const Item&, Time now) override;
  void was_not_renamed(const std::string& new_path, const Item&, Time now) override;
  void time_was_set(const Item&) override;

  void note_accepted(const Item&, Time now);

  // incoming_import.cpp
  Result<> import_file(Draft&, Handle by, ReportLine&);
  Result<> take_archive(Draft&, ReportLine&);
  bool came_too_early(const Draft&, Handle by) const;
  Result<> refuse(Draft&, ReportLine&, Error);
  Result<> drop(Draft&, ReportLine&, Error);

  IncomingReport& report_;
  AcceptedFiles accepted_;
  IncomingArchives archives_;  // last: what it unpacks is told in the report
};

}  // namespace dcmfs::fs
