#pragma once
// SQL that is the same at every level but for the names: the tables are called
// after the level ("study"), and a row names its parent in the column called
// after the parent's ("patient"). Expressions refer to their row by the table's name.
#include <string>
#include <string_view>

#include "store/attributes.h"

namespace dcmfs::detail {

inline constexpr std::string_view table(Level level) {
  return info(level).singular;
}

// "study.StudyDate"
std::string column(const Attribute&);
// The same, folded; only if is_folded().
std::string folded_column(const Attribute&);
// "patient_trigram": of the one attribute of the level whose search is Search::letters.
std::string trigram_table(Level);
// "study.StudyInstanceUID": of the attribute that tells siblings apart.
std::string unique_column(Level);

// "study.patient", the row above; of a patient its own.
std::string parent_of(Level);

// "FROM series d WHERE d.study = study.id": of the rows of a lower level that are below the row of `top`
// at which this stands. The aliases, `d1` and so on for those between, differ from every table's
// name, so that an expression can stand inside a query over these tables.
std::string rows_below(Level top, Level, std::string_view alias = "d");

// Counted by index when asked for, never kept: a counter in the row of a study that many
// senders fill at once costs more than all the counting.
std::string first_instance(Level);   // its row
std::string newest_instance(Level);  // likewise
std::string newest_reception(Level);
std::string count_below(Level, Level counted);  // its own: 1; above it: 0
std::string sum_bytes(Level);
std::string sum_attachment_bytes(Level);  // of those of all below, too

// How many instances a row of `series` says that it has; which of them a row of the table or alias
// `instance` says that it is. NULL if it does not say.
std::string expected_instances();
std::string index_in_series(std::string_view instance);
// "'label name'": of a row, in alphabetical order, separated by spaces; NULL: none.
std::string labels_of(Level);

// " JOIN patient ON patient.id = study.patient" for each level above, up to `top`.
std::string join_upward(Level from, Level top);

}  // namespace dcmfs::detail
