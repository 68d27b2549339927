#pragma once
// Where an instance came from. The index keeps each distinct origin once.
#include <cstdint>
#include <string>
#include <string_view>

namespace dcmfs {

struct Origin {
  enum class Way : std::uint8_t {  // numbers are kept in the index
    unknown = 0,
    dicom_protocol = 1,
    rest_api = 2,
    plugins = 3,
    lua = 4,
    web_dav = 5,
    file_system = 6,  // written into the mounted tree
    import = 7,       // dcmfs-import
  };
  static constexpr std::size_t kTextBytesMax = 256;  // of each text; more is cut

  Way way = Way::unknown;
  // Each "" where there is none.
  std::string remote_aet = {}, called_aet = {};  // of the association
  std::string remote_ip = {};                    // numeric
  std::string http_username = {}, http_host = {};
  friend bool operator==(const Origin&, const Origin&) = default;
};

// As the metadata Origin says it: "DicomProtocol".
std::string_view name(Origin::Way);

}  // namespace dcmfs
