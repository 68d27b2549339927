#pragma once
// What is in an archive of resources: which stored files, under which names.
#include <span>
#include <string>
#include <vector>

#include "store/dicom/directory.h"
#include "store/store.h"

namespace dcmfs::rest {

struct ArchiveMember {
  std::string name;  // "DOE^JANE's folder/.../CT000000.dcm"
  RowId instance{};
  StoredFile stored;
};
struct ArchiveContents {
  std::vector<ArchiveMember> members;
  std::string directory;  // the DICOMDIR of a media; empty: there is none
  Time made;

  std::int64_t bytes() const;  // of all files
};

// For people: "PatientID PatientName/AccessionNumber StudyDescription/Modality SeriesDescription/CT000000.dcm",
// as Orthanc has it; letters of all scripts stay. Nothing is in it twice.
Result<ArchiveContents> archive_of(const Store&, std::span<const Key>, Time now);

// For viewers, a file-set of PS3.10: IMAGES/IM0 ... and DICOMDIR. too_large: above a million files,
// for which its names are too short.
Result<ArchiveContents> media_of(const Store&, std::span<const Key>, DirectoryKeys, Time now);

// What is left of a value in the name of a folder: letters, digits, '.', '_' and single spaces.
std::string folder_text(std::string_view utf8);

}  // namespace dcmfs::rest
