#include "rest/orthanc/made_of.h"

#include <set>

#include "store/public_changes.h"

namespace dcmfs::rest {
namespace {

Key key_of(const Resource& instance, Level level) {
  for (const Key& one : instance.ancestors)
    if (one.level == level) return one;
  return instance.key;
}

}  // namespace

Result<std::vector<MadeOf>> made_of(const Services& services, const std::vector<Resource>& sources,
                                    const Remade& remade) {
  std::vector<MadeOf> relations;
  std::set<std::pair<Level, ResourceId>> known;
  for (const auto& one : remade.made) {
    const Resource& source = sources[one.source];
    for (const LevelInfo& of : kLevels) {
      const auto id = ResourceId::of(of.level, one.made.uids);
      if (!known.emplace(of.level, id).second) continue;
      DCMFS_TRY(const Key made, of.level == Level::instance ? Result<Key>(one.made.instance)
                                                            : services.store.key(of.level, id));
      relations.push_back({.made = made,
                           .id = id,
                           .source = key_of(source, of.level),
                           .source_id = ResourceId::of(of.level, source.uids)});
    }
  }
  return relations;
}

Result<> tell_sources(const Services& services, const std::vector<MadeOf>& relations,
                      const Telling& how) {
  std::vector<Metadata::Source> sources;
  for (const MadeOf& one : relations) {
    if (one.id == one.source_id || one.made.level < how.top) continue;
    sources.push_back({.of = one.made, .source = one.source_id});
    if (how.labels == Telling::Labels::none) continue;
    DCMFS_TRY(const auto labels, services.store.labels().of(one.source));
    for (const auto& label : labels) DCMFS_CHECK(services.store.labels().add(one.made, label));
  }
  if (sources.empty()) return {};
  DCMFS_CHECK(services.store.metadata().set_source(sources, how.made));
  std::vector<Key> changed;
  for (const Level level : {Level::series, Level::study, Level::patient})
    for (const auto& one : sources)
      if (one.of.level == level) changed.push_back(one.of);
  const bool anonymized = how.made == Metadata::Made::anonymized;
  return services.store.public_changes().add(
      changed, anonymized ? ChangeType::anonymized : ChangeType::modified, now());
}

}  // namespace dcmfs::rest
