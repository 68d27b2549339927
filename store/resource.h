#pragma once
// What the index knows of a resource.
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "store/ids.h"
#include "store/time.h"

namespace dcmfs {

// Of a series, by the number of instances that it says it has (Resource::expected_instances).
enum class SeriesStatus : std::uint8_t {
  unknown,  // it does not say, or not every instance says which one it is
  missing,  // some have not come
  complete,
  inconsistent,  // one has come twice, or is none of them
};

// A patient, study, series or instance with its indexed attributes.
struct Resource {
  Key key;
  ResourceId id;
  Uids uids;                   // down to its level
  std::vector<Key> ancestors;  // parent first
  // Of its level (find: of those above it too), UTF-8; absent ones are not there. What two levels keep is
  // that of the nearer: of a study its own PatientName, not that of the patient.
  std::map<Tag, std::string> attributes;
  std::int64_t children = 0;
  std::int64_t instances = 0;
  std::int64_t bytes = 0;     // of all instances below
  Time received;              // first reception
  Time last_update;           // newest reception below
  bool is_stable = false;     // has grown no more for a while (stability.h); never an instance
  bool is_protected = false;  // of a patient
  SeriesStatus status = SeriesStatus::unknown;     // of a series
  std::optional<std::int64_t> expected_instances;  // of a series
  std::optional<std::int64_t> index_in_series;     // of an instance
  std::vector<std::string> labels;                 // in alphabetical order
  // Told by find() where the Query asks for them.
  std::vector<ResourceId> child_ids;  // in the order of arrival
  std::map<std::string, std::string> metadata;
};

// A resource without all that is known of it.
struct Identity {
  Key key;
  ResourceId id;
};

// A resource as an entry of the mounted tree: what readdir and stat need.
struct Entry {
  Key key;
  Key parent;        // itself for a patient
  std::string name;  // of the folder, or the stem of the instance's files; never changes
  Time received;     // newest reception below
  // The rest is about an instance.
  std::int64_t file_size = 0;
  std::int64_t json_size = 0;
  std::int64_t pdf_size = 0;  // of the document in it; 0: none
  int rows = 0, columns = 0;  // of the picture that can be made of it; 0: none
  int channels = 0;
  int frames = 0;
};

// One file of an instance, as it was received.
struct StoredFile {
  RowId instance{};
  std::int64_t size = 0;
  std::array<std::uint8_t, 32> sha256{};
  std::uint32_t crc32 = 0;
  std::string transfer_syntax;
  Time received;
};

}  // namespace dcmfs
