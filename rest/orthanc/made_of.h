#pragma once
// What new patients, studies, series and instances were made of, and how the store is told.
#include <vector>

#include "rest/orthanc/remake.h"
#include "rest/services.h"
#include "store/metadata.h"

namespace dcmfs::rest {

struct MadeOf {
  Key made;
  ResourceId id;
  Key source;
  ResourceId source_id;  // the same, if that is what it was before
};
// Of every level, each once: what it was made of first.
Result<std::vector<MadeOf>> made_of(const Services&, const std::vector<Resource>& sources,
                                    const Remade&);

struct Telling {
  Metadata::Made made;
  Level top = Level::patient;  // what is above was there before
  enum class Labels : bool { none, copied } labels = Labels::none;
};
// AnonymizedFrom or ModifiedFrom, labels, and the changes (AnonymizedStudy ...) of series, studies and
// patients. Of those that are new only. Durable; again is no error.
Result<> tell_sources(const Services&, const std::vector<MadeOf>&, const Telling&);

}  // namespace dcmfs::rest
