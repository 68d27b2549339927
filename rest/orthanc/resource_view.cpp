#include <algorithm>

#include "rest/http/json.h"
#include "rest/orthanc/resource_json.h"
#include "store/attributes.h"
#include "store/dicom/text.h"

namespace dcmfs::rest {
namespace {

struct NamedBlock {
  std::string_view name;
  Blocks blocks;
};
const NamedBlock kBlocks[] = {
    {"MainDicomTags", {Block::main_tags}},
    {"Metadata", {Block::metadata}},
    {"Children", {Block::children}},
    {"Parent", {Block::parent}},
    {"Labels", {Block::labels}},
    {"Status", {Block::status}},
    {"IsStable", {Block::is_stable}},
    {"IsProtected", {Block::is_protected}},
    {"Attachments", {Block::attachments}},
    // What they always get: RequestedTags comes by being asked for, ID and Type anyway.
    {"RequestedTags", {}},
    {"ID", {}},
    {"Type", {}},
};

Result<Blocks> blocks_of(const std::vector<std::string>& names) {
  Blocks blocks;
  for (const std::string& name : names) {
    const auto found = std::ranges::find(kBlocks, name, &NamedBlock::name);
    if (found == std::end(kBlocks))
      return Error{Errc::invalid_argument, "responseContent knows no such block"};
    for (int bit = 1; bit <= static_cast<int>(Block::file); bit *= 2)
      if (found->blocks.has(static_cast<Block>(bit))) blocks.add(static_cast<Block>(bit));
  }
  return blocks;
}

Result<std::vector<Tag>> tags_of(const std::vector<std::string>& names) {
  std::vector<Tag> found;
  for (const std::string& name : names) {
    const auto tag = tag_of(name);
    if (!tag) return Error{Errc::invalid_argument, "a requested tag is unknown"};
    if (std::ranges::find(found, *tag) == found.end()) found.push_back(*tag);
  }
  return found;
}

// "A;B"; also by commas, which some clients use. But one may be within a tag: "0008,0056".
std::vector<std::string> listed(const std::string* text) {
  std::vector<std::string> parts;
  if (!text) return parts;
  if (tag_of(trim(*text))) return {std::string(trim(*text))};
  for (const std::string_view part : split(*text, text->find(';') == text->npos ? ',' : ';'))
    if (!trim(part).empty()) parts.emplace_back(trim(part));
  return parts;
}

}  // namespace

Result<ResourceView> resource_view(const Parameters& query) {
  ResourceView view;
  view.format = tag_format(query, view.format);
  const std::string* tags = query.find("requestedTags");
  if (!tags) tags = query.find("requested-tags");
  DCMFS_TRY(view.requested, tags_of(listed(tags)));
  if (const auto names = listed(query.find("responseContent")); !names.empty()) {
    DCMFS_TRY(view.blocks, blocks_of(names));
  }
  return view;
}

Result<ResourceView> resource_view(const Json::Value& body) {
  ResourceView view;
  DCMFS_TRY(const bool numbers, json_bool(body, "Short", false));
  DCMFS_TRY(const bool full, json_bool(body, "Full", false));
  view.format = numbers ? TagFormat::numbers : full ? TagFormat::full : TagFormat::names;
  DCMFS_TRY(const auto tags, json_strings(body, "RequestedTags"));
  DCMFS_TRY(view.requested, tags_of(tags));
  DCMFS_TRY(const auto names, json_strings(body, "ResponseContent"));
  if (body.isMember("ResponseContent")) {
    DCMFS_TRY(view.blocks, blocks_of(names));
  }
  return view;
}

void show(Query& query, const ResourceView& view) {
  const bool newest = view.blocks.has(Block::status) || view.blocks.has(Block::is_stable) ||
                      view.blocks.has(Block::origin);
  query.totals = newest ? Query::Totals::newest : Query::Totals::none;
  query.labels = view.blocks.has(Block::labels);
  query.child_ids = view.blocks.has(Block::children);
  if (view.blocks.has(Block::origin)) query.also_metadata = {"AnonymizedFrom", "ModifiedFrom"};
  for (const Tag tag : view.requested)
    if (is_computed(tag)) query.also.push_back(tag);
}

Query query_for(const ResourceView& view, Level level) {
  Query query{.level = level};
  show(query, view);
  return query;
}

}  // namespace dcmfs::rest
