#pragma once
// Identity. A resource is one row in the index (Key); its public id is a pure
// function of its UIDs and equals the one Orthanc gives it.
#include <array>
#include <compare>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "store/level.h"
#include "store/result.h"

namespace dcmfs {

class Dataset;

// Never reused, also after a removal: inode numbers are made of it.
enum class RowId : std::int64_t {};
constexpr std::int64_t value(RowId row) {
  return static_cast<std::int64_t>(row);
}

struct Key {  // what one index row is: cheap to copy, order and store in an inode
  Level level = Level::patient;
  RowId row{};
  friend auto operator<=>(const Key&, const Key&) = default;
};

struct Uids {
  std::string patient_id;  // each may be empty, but the last
  std::string study;
  std::string series;
  std::string sop_instance;
  friend bool operator==(const Uids&, const Uids&) = default;
};
// What tells a resource of the level from its siblings: PatientID, StudyInstanceUID ...
const std::string& uid_of(const Uids&, Level);
std::string& uid_of(Uids&, Level);
// As the data set says them, whatever they are.
Uids uids_in(const Dataset&);

// SHA-1 of the identifiers from the patient down to a level, joined by '|'.
class ResourceId {
 public:
  ResourceId() = default;
  static ResourceId of(Level, const Uids&);
  static Result<ResourceId> parse(std::string_view dashed);  // 8-8-8-8-8 hexadecimal digits
  static constexpr std::size_t kRest = 12;
  // As prefix() and rest() told it.
  static ResourceId of_parts(std::int64_t prefix, std::span<const std::uint8_t, kRest> rest);
  static constexpr std::size_t kDashed = 44;
  std::array<char, kDashed> dashed() const;
  std::string str() const;      // the same
  std::int64_t prefix() const;  // the first eight bytes: what the index looks for
  std::span<const std::uint8_t, kRest> rest() const { return std::span(sha1_).last<kRest>(); }
  friend auto operator<=>(const ResourceId&, const ResourceId&) = default;

 private:
  std::array<std::uint8_t, 20> sha1_{};
};

}  // namespace dcmfs
