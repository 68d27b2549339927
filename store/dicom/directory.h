#pragma once
// A DICOMDIR: the directory of a file-set, PS3.3 F and PS3.10 8.6.
#include <string>
#include <string_view>
#include <vector>

#include "store/dicom/dataset.h"
#include "store/result.h"

namespace dcmfs {

// A directory record with those below it. Text is UTF-8; what is not ASCII makes the record say so.
struct DirectoryRecord {
  std::string_view type;  // "PATIENT"; outlives the record
  Dataset keys{};         // its own, PS3.3 F.5, without those of the directory
  std::vector<DirectoryRecord> lower{};
};

// The three levels above the instances, of the attributes that are known (UTF-8). What must be there
// by PS3.3 F.5 and is not, is made up: "UNKNOWN", a date in 1900.
// `extended`: with optional keys that viewers like to show.
enum class DirectoryKeys : bool { required, extended };
DirectoryRecord patient_record(const Dataset&, DirectoryKeys);
DirectoryRecord study_record(const Dataset&, DirectoryKeys);
DirectoryRecord series_record(const Dataset&, DirectoryKeys);

struct DirectoryFile {
  std::string id;  // "IMAGES\IM0": components of at most 8 characters, A to Z, 0 to 9 and '_'
  std::string sop_class, sop_instance, transfer_syntax;
};
// Whether the record of an instance of this class needs more than InstanceNumber.
bool needs_more_than_a_number(std::string_view sop_class);
// Its type follows from the SOP class (PS3.3 F.4); PRIVATE if the standard has none for it.
DirectoryRecord instance_record(const DirectoryFile&, const Dataset& instance, DirectoryKeys);

// The file, in Explicit VR Little Endian, as PS3.10 8.6 wants it. Errors: too_large (4 GiB).
Result<std::string> encode_directory(const std::vector<DirectoryRecord>& patients,
                                     std::string_view file_set_id, std::string_view sop_instance);

}  // namespace dcmfs
