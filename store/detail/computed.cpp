#include "store/detail/computed.h"

#include <algorithm>
#include <array>

namespace dcmfs::detail {
namespace {

// The aliases differ from every table's name: the expressions stand inside queries over these.
constexpr std::array kComputed{
    Computed{tags::NumberOfPatientRelatedStudies, Level::patient,
             "(SELECT count(*) FROM study y WHERE y.patient = patient.id)", std::nullopt},
    Computed{tags::NumberOfPatientRelatedSeries, Level::patient,
             "(SELECT count(*) FROM study y JOIN series r ON r.study = y.id"
             " WHERE y.patient = patient.id)",
             std::nullopt},
    Computed{tags::NumberOfPatientRelatedInstances, Level::patient,
             "(SELECT count(*) FROM study y JOIN series r ON r.study = y.id"
             " JOIN instance i ON i.series = r.id WHERE y.patient = patient.id)",
             std::nullopt},
    Computed{tags::NumberOfStudyRelatedSeries, Level::study,
             "(SELECT count(*) FROM series r WHERE r.study = study.id)", std::nullopt},
    Computed{tags::NumberOfStudyRelatedInstances, Level::study,
             "(SELECT count(*) FROM series r JOIN instance i ON i.series = r.id"
             " WHERE r.study = study.id)",
             std::nullopt},
    Computed{tags::NumberOfSeriesRelatedInstances, Level::series,
             "(SELECT count(*) FROM instance i WHERE i.series = series.id)", std::nullopt},
    Computed{tags::ModalitiesInStudy, Level::study,
             "(SELECT group_concat(v, '\\') FROM (SELECT DISTINCT r.Modality AS v FROM series r"
             " WHERE r.study = study.id AND r.Modality <> '' ORDER BY v))",
             tags::Modality},
    Computed{tags::SOPClassesInStudy, Level::study,
             "(SELECT group_concat(v, '\\') FROM (SELECT DISTINCT i.SOPClassUID AS v FROM series r"
             " JOIN instance i ON i.series = r.id"
             " WHERE r.study = study.id AND i.SOPClassUID <> '' ORDER BY v))",
             tags::SOPClassUID},
    // PS3.4 C.4.1.1.3.2: all that is in the store can be had at once. True of every level.
    Computed{tags::InstanceAvailability, Level::patient, "'ONLINE'", std::nullopt},
};

}  // namespace

const Computed* find_computed(Tag tag) {
  const auto found = std::ranges::find(kComputed, tag, &Computed::tag);
  return found == kComputed.end() ? nullptr : &*found;
}

}  // namespace dcmfs::detail
