#include "store/find/find_results.h"

#include <algorithm>
#include <iterator>
#include <optional>
#include <utility>

#include "store/attributes.h"
#include "store/dicom/reader.h"
#include "store/find/find_answer.h"

namespace dcmfs {
namespace {

// Without bulk data.
Result<Dataset> dataset_of(const Store& store, RowId instance) {
  DCMFS_TRY(const auto blob, store.open_file(instance));
  const auto source = file_source(blob.fd(), blob.size());
  DCMFS_TRY(auto file, read_dicom(*source));
  return std::move(file.dataset);
}

// Whose data set tells what the index does not: the first one below, but of what is asked of the levels below
// it has all, if there is such a one.
Result<RowId> instance_to_read(const Store& store, const FindRequest& request, Key key) {
  Query query{.level = Level::instance, .below = key, .limit = 1, .totals = Query::Totals::none};
  if (request.lower_levels == LowerLevels::told)
    std::ranges::copy_if(
        request.query.where, std::back_inserter(query.where),
        [&](const Query::Condition& condition) { return level_of(condition.tag) > key.level; });
  if (!query.where.empty()) {
    DCMFS_TRY(const auto found, store.identities(query));
    if (!found.empty()) return found.front().key.row;
  }
  return store.first_instance(key);
}

bool asks_for_transfer_syntax(const FindRequest& request) {
  for (const auto& key : request.keys)
    if (key.key.tag == tags::AvailableTransferSyntaxUID &&
        key.source == FindRequest::Source::ourselves)
      return true;
  return false;
}

// nullopt: it does not match.
Result<std::optional<Dataset>> answer_of(const Store& store, const FindRequest& request,
                                         const FindOptions& options, const Resource& resource) {
  std::optional<Dataset> dataset;
  if (request.reads_dataset) {
    DCMFS_TRY(const RowId instance, instance_to_read(store, request, resource.key));
    DCMFS_TRY(dataset, dataset_of(store, instance));
  }
  FoundResource found{resource, dataset ? &*dataset : nullptr, {}};
  if (!is_answer(request, resource, found.dataset)) return std::optional<Dataset>();
  if (asks_for_transfer_syntax(request)) {
    DCMFS_TRY(auto file, store.file(resource.key.row));
    found.transfer_syntax = std::move(file.transfer_syntax);
  }
  return std::optional(find_answer(request, found, options.aet));
}

}  // namespace

Result<FindEnd> find_results(const Store& store, const FindRequest& request,
                             const FindOptions& options,
                             const std::function<bool(const Dataset&)>& each) {
  Query query = request.query;
  std::int64_t to_skip = options.offset, told = 0;
  // Else not all that the query finds are answers.
  if (request.by_dataset.empty() && request.moments.empty()) {
    query.offset = std::exchange(to_skip, 0);
    // One more, which tells that there are more.
    if (options.results_max > 0) query.limit = options.results_max + 1;
  }
  FindEnd end = FindEnd::complete;
  Result<> outcome;
  DCMFS_CHECK(store.find(query, [&](const Resource& resource) {
    if (request.reads_dataset && !options.goes_on()) {
      end = FindEnd::stopped;
      return false;
    }
    auto answer = answer_of(store, request, options, resource);
    if (!answer) {
      if (answer.error().code == Errc::not_found) return true;
      outcome = std::move(answer).error();
      return false;
    }
    if (!*answer) return true;
    if (to_skip > 0) {
      --to_skip;
      return true;
    }
    if (options.results_max > 0 && told == options.results_max) {
      end = FindEnd::limited;
      return false;
    }
    ++told;
    if (each(**answer)) return true;
    end = FindEnd::stopped;
    return false;
  }));
  if (!outcome) return std::move(outcome).error();
  return end;
}

}  // namespace dcmfs
