#include "store/detail/computed.h"

#include <algorithm>
#include <array>

#include "store/detail/level_sql.h"

namespace dcmfs::detail {
namespace {

Computed counted(Tag tag, Level level, Level below) {
  return {tag, level, count_below(level, below)};
}

// The values of an attribute that the rows below have.
Computed collected(Tag tag, Level level, Tag attribute) {
  const Attribute& of = *find_attribute(attribute);
  const std::string value = "d." + std::string(of.column);
  return {tag, level,
          "(SELECT group_concat(v, '\\') FROM (SELECT DISTINCT " + value + " AS v " +
              rows_below(level, of.level) + " AND " + value + " <> '' ORDER BY v))",
          attribute};
}

const auto& all_computed() {
  static const std::array kComputed{
      counted(tags::NumberOfPatientRelatedStudies, Level::patient, Level::study),
      counted(tags::NumberOfPatientRelatedSeries, Level::patient, Level::series),
      counted(tags::NumberOfPatientRelatedInstances, Level::patient, Level::instance),
      counted(tags::NumberOfStudyRelatedSeries, Level::study, Level::series),
      counted(tags::NumberOfStudyRelatedInstances, Level::study, Level::instance),
      counted(tags::NumberOfSeriesRelatedInstances, Level::series, Level::instance),
      collected(tags::ModalitiesInStudy, Level::study, tags::Modality),
      collected(tags::SOPClassesInStudy, Level::study, tags::SOPClassUID),
      // PS3.4 C.4.1.1.3.2: all that is in the store can be had at once. True of every level.
      Computed{tags::InstanceAvailability, Level::patient, "'ONLINE'"},
  };
  return kComputed;
}

}  // namespace

const Computed* find_computed(Tag tag) {
  const auto found = std::ranges::find(all_computed(), tag, &Computed::tag);
  return found == all_computed().end() ? nullptr : &*found;
}

}  // namespace dcmfs::detail
