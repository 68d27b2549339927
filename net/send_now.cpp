#include "net/send_now.h"

#include <algorithm>
#include <map>

#include "net/move_target.h"
#include "net/retrieve_plan.h"

namespace dcmfs::net {
namespace {

// Of what was removed nothing is known, and nothing will be sent.
StorageSyntax syntax_of(const Store& store, RowId row) {
  const auto resource = store.get({Level::instance, row});
  const auto file = store.file(row);
  if (!resource || !file) return {};
  const auto sop_class = resource->attributes.find(tags::SOPClassUID);
  return {sop_class == resource->attributes.end() ? "" : sop_class->second, file->transfer_syntax};
}

}  // namespace

Result<> send_now(Store& store, const Peer& peer, std::span<const RowId> instances,
                  const SendOptions& options, const EachSent& each) {
  std::map<StorageSyntax, std::vector<std::size_t>> by_syntax;
  for (std::size_t i = 0; i < instances.size(); ++i)
    by_syntax[travels_as(syntax_of(store, instances[i]), options.transfer_syntax)].push_back(i);
  std::vector<StorageSyntax> syntaxes;
  syntaxes.reserve(by_syntax.size());
  for (const auto& [syntax, indexes] : by_syntax) syntaxes.push_back(syntax);
  MoveTarget target(store, peer, options);
  for (const auto& part : divide_by_association(syntaxes)) {
    std::vector<std::size_t> indexes;
    for (const auto& syntax : part)
      indexes.insert(indexes.end(), by_syntax[syntax].begin(), by_syntax[syntax].end());
    std::ranges::sort(indexes);
    target.begin(part);
    for (const std::size_t index : indexes)
      DCMFS_CHECK(each(index, target.send({instances[index], 0, {}})));
  }
  target.release();
  return {};
}

Result<Status> send_now(Store& store, const Peer& peer, const SendableInstance& instance) {
  DCMFS_TRY(auto association, Association::request(peer, contexts_for({instance.syntax})));
  auto status = send_instance(store, association, instance);
  if (association.is_open()) (void)association.release();  // all has been said
  return status;
}

}  // namespace dcmfs::net
