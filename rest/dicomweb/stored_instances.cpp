#include "rest/dicomweb/stored_instances.h"

#include "rest/http/hexadecimal.h"
#include "rest/services.h"
#include "store/image/render.h"
#include "store/stable_hash.h"

namespace dcmfs::rest {
namespace {

// Another one when the same question gets another picture than by the program before.
const std::string kPictures = "2";

std::string part_or_nothing(const Request& request, std::string_view name) {
  const auto found = request.path.find(name);
  return found == request.path.end() ? "" : found->second;
}

Result<std::vector<Identity>> find_named(const Store& store, Level level, const NamedUids& uids) {
  Query query;
  query.level = level;
  query.totals = Query::Totals::none;
  const std::pair<Tag, const std::string&> asked[] = {{tags::StudyInstanceUID, uids.study},
                                                      {tags::SeriesInstanceUID, uids.series},
                                                      {tags::SOPInstanceUID, uids.instance}};
  for (const auto& [tag, uid] : asked) {
    if (uid.empty()) continue;
    // One UID, no key with a meaning of its own. Digits and dots in an order that is no UID are stored, too.
    if (uid.find_first_of("\\*?\"") != uid.npos) return Error{Errc::not_found, "this is no UID"};
    auto matcher = Matcher::parse(tag, uid);
    if (!matcher || matcher->universal()) return Error{Errc::not_found, "this is no UID"};
    query.where.push_back({tag, *std::move(matcher)});
  }
  DCMFS_TRY(auto found, store.identities(query));
  if (found.empty()) return Error{Errc::not_found, "there is no such study, series or instance"};
  return found;
}

}  // namespace

NamedUids uids_of_path(const Request& request) {
  return {part_or_nothing(request, "study"), part_or_nothing(request, "series"),
          part_or_nothing(request, "instance")};
}

Result<std::vector<RowId>> find_instances(const Store& store, const NamedUids& uids) {
  DCMFS_TRY(const auto found, find_named(store, Level::instance, uids));
  std::vector<RowId> rows;
  rows.reserve(found.size());
  for (const auto& one : found) rows.push_back(one.key.row);
  return rows;
}

Result<std::vector<Identity>> find_series(const Store& store, const NamedUids& uids) {
  return find_named(store, Level::series, {uids.study, uids.series, {}});
}

Result<RowId> find_instance(const Store& store, const NamedUids& uids) {
  DCMFS_TRY(const auto rows, find_instances(store, uids));
  return rows.front();
}

std::string etag_of_bytes(const StoredFile& stored, std::string_view what) {
  if (what.empty()) return etag_of(stored, {});
  const auto hash = stable_hash(what);
  std::array<std::uint8_t, sizeof hash> bytes{};
  for (std::size_t i = 0; i < bytes.size(); ++i)
    bytes[i] = static_cast<std::uint8_t>(hash >> (8 * i));
  return etag_of(stored, hexadecimal(bytes));
}

std::string etag_of_picture(const Request& request, const StoredFile& stored, std::string_view type,
                            const StoredFile* state) {
  std::string what =
      kPictures + request.path_text + std::string(type) + std::to_string(kRenderVersion);
  if (state != nullptr) what += etag_of(*state, {});
  for (const auto& [name, value] : request.query.all()) what += '&' + name + '=' + value;
  return etag_of_bytes(stored, what);
}

}  // namespace dcmfs::rest
