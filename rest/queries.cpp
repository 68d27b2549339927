#include "rest/queries.h"

#include <algorithm>

#include "store/dicom/uid_map.h"

namespace dcmfs::rest {
namespace {

const std::string& id_of(const RemoteQueryPtr& query) {
  return query->id;
}

}  // namespace

std::string Queries::add(RemoteQuery query) {
  query.id = random_uuid();
  auto id = query.id;
  const std::scoped_lock lock(mutex_);
  all_.push_back(std::make_shared<const RemoteQuery>(std::move(query)));
  if (queries_max_ > 0 && all_.size() > queries_max_) all_.pop_front();
  return id;
}

std::vector<std::string> Queries::ids() const {
  const std::scoped_lock lock(mutex_);
  std::vector<std::string> ids;
  std::ranges::transform(all_, std::back_inserter(ids), id_of);
  return ids;
}

RemoteQueryPtr Queries::find(std::string_view id) const {
  const std::scoped_lock lock(mutex_);
  const auto found = std::ranges::find(all_, id, id_of);
  return found == all_.end() ? nullptr : *found;
}

bool Queries::remove(std::string_view id) {
  const std::scoped_lock lock(mutex_);
  return std::erase_if(all_, [id](const auto& query) { return query->id == id; }) > 0;
}

}  // namespace dcmfs::rest
