// A file as an instance that is modified or anonymized: for comparing with what others make of it.
//
//   edit_file modify|anonymize patient|study|series|instance REQUEST IN OUT
//
// REQUEST is JSON, as clients of the REST server send it. Says what a person should look at, and
// fails with what is wrong with the request or the file.
#include <cstdio>
#include <fstream>
#include <iostream>
#include <iterator>
#include <string>

#include "store/dicom/modify.h"
#include "store/dicom/reader.h"

namespace dcmfs {
namespace {

Result<> run_program(const std::string& action, EditLevel level, std::string_view request,
                     const std::string& in, const std::string& out) {
  std::ifstream from(in, std::ios::binary);
  const std::string bytes{std::istreambuf_iterator<char>(from), {}};
  const auto source = memory_source(bytes);
  DCMFS_TRY(const DicomFile file, read_dicom(*source));
  DCMFS_TRY(EditRequest parsed, read_edit_request(request));
  const EditScope scope{.level = level};
  DCMFS_TRY(const Modification how,
            action == "anonymize"
                ? Modification::anonymize(scope, std::move(parsed), UidMap::random(),
                                          {.patient_id = random_uuid(),
                                           .patient_name = "Anonymized1",
                                           .method = "",
                                           .options = {}})
                : Modification::modify(scope, std::move(parsed), UidMap::random()));
  DCMFS_TRY(const Edited edited, apply(file, how.edit_of(file.dataset)));
  for (const std::string& warning : edited.warnings) std::cout << warning << '\n';
  DCMFS_TRY(const FileParts parts, encode_with(file, edited.dataset));
  std::ofstream to(out, std::ios::binary);
  DCMFS_CHECK(parts.write([&](std::string_view piece) -> Result<> {
    to << piece;
    return {};
  }));
  to.close();
  if (!to) return Error{Errc::io, "the output could not be written"};
  return {};
}

}  // namespace
}  // namespace dcmfs

int main(int argc, char** argv) {
  using dcmfs::EditLevel;
  const std::string_view kLevels[] = {"patient", "study", "series", "instance"};
  if (argc != 6) return 2;
  int level = 0;
  while (level < 3 && kLevels[level] != argv[2]) ++level;
  const auto done =
      dcmfs::run_program(argv[1], static_cast<EditLevel>(level), argv[3], argv[4], argv[5]);
  if (done) return 0;
  std::cerr << done.error().message << '\n';
  return 1;
}
