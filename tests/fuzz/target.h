#pragma once
// Fuzz targets: any bytes in; out comes what is wrong with what was made of them, "" if nothing
// is. A crash, a hang and a leak are found by whoever calls.
//
// Each is the body of a libFuzzer program (fuzzer_main.cpp) and of an ordinary test
// (replay_test.cpp).
#include <string>
#include <string_view>

namespace dcmfs::fuzz {

// A DICOM file: header, .json, names, description, picture.
std::string dataset(std::string_view bytes);
// Text as names in the tree.
std::string names(std::string_view bytes);
// A path below find/, and what it is compared with.
std::string query(std::string_view bytes);
// The identifier of a C-FIND request.
std::string identifier(std::string_view bytes);
// The data set of a request for storage commitment, or of its report.
std::string commitment(std::string_view bytes);
// A request to modify or anonymize, and a DICOM file.
std::string edit(std::string_view bytes);
// A ZIP, tar, tar.gz or ISO.
std::string archive(std::string_view bytes);
// Messages to the mount.
std::string messages(std::string_view bytes);
// A connection to the DICOM node.
std::string association(std::string_view bytes);

struct Target {
  std::string_view name;  // its corpus is corpus/<name>
  std::string (*run)(std::string_view bytes);
};
inline constexpr Target kTargets[] = {
    {"dataset", dataset},         {"names", names},           {"query", query},
    {"archive", archive},         {"messages", messages},     {"identifier", identifier},
    {"association", association}, {"commitment", commitment}, {"edit", edit},
};

}  // namespace dcmfs::fuzz
