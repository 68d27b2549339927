#pragma once
// Patients, studies, series and instances as the objects of Orthanc's API, from the index alone
// (but for requested tags that it does not keep).
#include <cstdint>
#include <string_view>
#include <vector>

#include <json/value.h>

#include "rest/orthanc/resource_id.h"
#include "rest/orthanc/tag_format.h"
#include "rest/services.h"
#include "store/dicom/json_writer.h"
#include "store/query.h"
#include "store/resource.h"

namespace dcmfs::rest {

// What is told of each. ID and Type always are.
enum class Block : std::uint16_t {
  main_tags = 1,  // MainDicomTags, and of a study PatientMainDicomTags
  children = 2,   // Studies, Series or Instances: their ids
  parent = 4,     // ParentPatient, ParentStudy or ParentSeries
  labels = 8,
  status = 16,  // of a series: Status, ExpectedNumberOfInstances
  is_stable = 32,
  is_protected = 64,  // of a patient
  metadata = 128,     // all of it, as one object
  attachments = 256,  // a list
  origin = 512,       // LastUpdate, AnonymizedFrom, ModifiedFrom, IndexInSeries
  file = 1024,        // of an instance: FileSize, FileUuid
};

class Blocks {
 public:
  constexpr Blocks() = default;
  constexpr Blocks(std::initializer_list<Block> blocks) {
    for (const Block block : blocks) add(block);
  }
  constexpr void add(Block block) {
    bits_ = static_cast<std::uint16_t>(bits_ | static_cast<std::uint16_t>(block));
  }
  constexpr bool has(Block block) const { return (bits_ & static_cast<std::uint16_t>(block)) != 0; }

 private:
  std::uint16_t bits_ = 0;
};

struct ResourceView {
  TagFormat format = TagFormat::names;
  Blocks blocks{Block::main_tags, Block::children,  Block::parent, Block::labels,
                Block::status,    Block::is_stable, Block::origin, Block::file};
  std::vector<Tag> requested{};  // RequestedTags, of any level from its own up
};
// By short, full, requestedTags, responseContent. invalid_argument: no tag, or no such content.
Result<ResourceView> resource_view(const Parameters&);
// By Short, Full, RequestedTags, ResponseContent.
Result<ResourceView> resource_view(const Json::Value& body);

// Has find() answer what write_resource() tells.
void show(Query&, const ResourceView&);
// The same, of all of a level: fill in what is asked for.
Query query_for(const ResourceView&, Level);
// An object: of a Resource that query_for() answered.
Result<> write_resource(JsonWriter&, const Services&, const Resource&, const ResourceView&);
// not_found: it was removed meanwhile.
Result<> write_resource(JsonWriter&, const Services&, Key, const ResourceView&);

// The same as a value, for what is part of another answer.
Result<Json::Value> resource_json(const Services&, Key, const ResourceView& = {});

}  // namespace dcmfs::rest
