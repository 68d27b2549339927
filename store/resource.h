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

// A patient, study, series or instance with its indexed attributes.
struct Resource {
  Key key;
  ResourceId id;
  Uids uids;                                // down to its level
  std::vector<Key> ancestors;               // parent first
  std::map<Tag, std::string> attributes;    // of its level (find: of those above it too), UTF-8; absent ones are not there
  std::int64_t children = 0;
  std::int64_t instances = 0;
  std::int64_t bytes = 0;                   // of all instances below
  Time received;                            // first reception
  Time last_update;                         // newest reception below
};

// A resource as an entry of the mounted tree: what readdir and stat need.
struct Entry {
  Key key;
  Key parent;          // itself for a patient
  std::string name;    // of the folder, or the stem of the instance's files; never changes
  Time received;       // newest reception below
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
