#pragma once
// The names of the mounted tree. One function names each kind of entry; the
// index makes the name unique among its siblings and keeps it for ever.
#include <cstddef>
#include <string>
#include <string_view>

#include "store/dicom/dataset.h"

namespace dcmfs {

inline constexpr std::size_t kEntryNameBytesMax = 120;

// Any text as a file name that every program and operating system can bear:
// NFC; control characters, '/' and NUL dropped; \ : * ? " < > | become '_'; no
// trailing dot or space; '_' before a leading '.' or '-' and after a Windows
// device name; at most kEntryNameBytesMax bytes. May be empty.
std::string safe_name(std::string_view utf8);

// Names as the tree shows them, before they are made unique.
std::string patient_name(const Dataset&);          // DOE^JOHN [12345678]
std::string study_name(const Dataset&);            // 2004-01-19 CT Brain [A4711]
std::string series_name(const Dataset&);           // 002 CT Routine Brain
std::string instance_name(const Dataset&);         // 0001; "" without an InstanceNumber
std::string study_link_name(const Dataset&);       // DOE^JOHN CT Brain [A4711]
std::string series_link_name(const Dataset&);      // DOE^JOHN CT Brain 002 Routine Brain
std::string modality_folder_name(const Dataset&);  // CT; NoModality
// StudyDate (of a series: SeriesDate, else StudyDate) as YYYYMMDD; 0 if there is no valid one.
int study_date(const Dataset&);
int series_date(const Dataset&);

// What tells two siblings of one name apart: "name ~k7qd", or for an instance
// "0001~k7qd" and "x-k7qd". Four letters from a hash of the UID (five, six ... for `attempt` 1, 2 ...).
std::string told_apart(std::string_view name, std::string_view uid, int attempt);
std::string instance_told_apart(std::string_view name, std::string_view uid, int attempt);

}  // namespace dcmfs
