#pragma once
// STORE/trash/YYYYMMDD/<row>.dcm: what was removed by people, for a week. The
// files are second names of the blobs, made before the index gives the
// instances up, so that no crash can lose what the trash was to keep.
#include <chrono>
#include <filesystem>
#include <span>

#include "store/detail/folders.h"
#include "store/ids.h"
#include "store/result.h"
#include "store/time.h"

namespace dcmfs::detail {

class Trash {
 public:
  static constexpr std::chrono::days kKept{7};

  explicit Trash(const Folders& folders) : folders_(folders) {}

  Result<> keep(std::span<const RowId>, Time at) const;
  void take_back(std::span<const RowId>, Time at) const;  // they are not removed after all
  Result<> expire(Time now) const;
  RowId last_row() const;  // the highest that something in it had

 private:
  std::filesystem::path folder(Time at) const;
  const Folders& folders_;
};

}  // namespace dcmfs::detail
