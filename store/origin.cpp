#include "store/origin.h"

namespace dcmfs {

std::string_view name(Origin::Way way) {
  switch (way) {
    case Origin::Way::unknown:
      return "Unknown";
    case Origin::Way::dicom_protocol:
      return "DicomProtocol";
    case Origin::Way::rest_api:
      return "RestApi";
    case Origin::Way::plugins:
      return "Plugins";
    case Origin::Way::lua:
      return "Lua";
    case Origin::Way::web_dav:
      return "WebDav";
    case Origin::Way::file_system:
      return "FileSystem";
    case Origin::Way::import:
      return "Import";
  }
  return "Unknown";
}

}  // namespace dcmfs
