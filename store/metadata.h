#pragma once
// Named texts of resources of any level: those that the store itself tells ("LastUpdate"), and
// those that people and programs give them. They go with their resource.
//
//   told of     names
//   instance    ReceptionDate, Origin, RemoteAET, CalledAET, RemoteIP, HttpUsername, HttpHost,
//               IndexInSeries, TransferSyntax, SopClassUid
//   series      LastUpdate, ExpectedNumberOfInstances, RemoteAET (of the first instance)
//   study       LastUpdate
//   patient     LastUpdate
//   any         AnonymizedFrom, ModifiedFrom: kept, but only set_source() sets them
// Times are YYYYMMDDTHHMMSS, UTC. What is not known has no entry; but RemoteAET is always there, and
// HttpUsername where the origin is RestApi, as in Orthanc.
//
// Thread safe. What put() and remove() have answered survives a crash, and a rebuild of the index
// where the old one can still be read. Both write ChangeType::updated_metadata.
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "store/ids.h"
#include "store/result.h"
#include "store/revision.h"
#include "store/time.h"

namespace dcmfs {

namespace detail {
class Index;
}

struct MetadataValue {
  std::string text;            // UTF-8; of a client any bytes
  Revision revision{};         // always the first of what the store tells
  bool is_the_stores = false;  // only the store sets it
};

class Metadata {
 public:
  static constexpr std::size_t kNameBytesMax = 64;
  static constexpr std::size_t kValueBytesMax = 1 << 20;
  // UTF-8 without control characters and '/'; if it is a number, 1024 to 65535, as Orthanc has it.
  static bool is_name(std::string_view);
  static bool is_the_stores(std::string_view name);

  explicit Metadata(detail::Index& index) : index_(index) {}

  // nullopt: there is none. not_found: no such resource.
  Result<std::optional<MetadataValue>> get(Key, std::string_view name) const;
  Result<std::map<std::string, MetadataValue>> all(Key) const;  // by name
  // Answers the new revision. Errors: not_found (the resource), invalid_argument (the name),
  // too_large, denied (the store's own), already_exists (not as expected).
  Result<Revision> put(Key, std::string_view name, std::string_view text, Time now,
                       Expected = Expected::any());
  // Removing what is not there is not an error, unless a revision was expected. Errors as of put().
  Result<> remove(Key, std::string_view name, Time now, Expected = Expected::any());

  // What a resource was made of, by anonymizing or modifying another. Makes no change in the feed
  // (PublicChanges::add does). All or none; not_found if one of them is not there.
  enum class Made : bool { anonymized, modified };
  struct Source {
    Key of;
    ResourceId source;  // of the same level; it need not exist (any more)
  };
  Result<> set_source(std::span<const Source>, Made);

 private:
  detail::Index& index_;
};

}  // namespace dcmfs
