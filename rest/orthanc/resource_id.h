#pragma once
// How resources are named in paths and answers.
#include <limits>
#include <string>
#include <string_view>

#include "rest/services.h"
#include "store/ids.h"
#include "store/time.h"

namespace dcmfs {
class JsonWriter;
}

namespace dcmfs::rest {

// For Store::identities().
inline constexpr std::size_t kAllOfThem = std::numeric_limits<std::int64_t>::max();

// not_found: there is no resource of this id, or it is no id at all.
Result<Key> find_resource(const Services&, Level, std::string_view id);
// Of any level.
Result<Key> find_resource(const Services&, std::string_view id);
// "Study", "studies", "IMAGE", in any case. invalid_argument.
Result<Level> level_named(std::string_view);

std::string_view plural_title(Level);           // "Studies"
std::string path_of(Level, const ResourceId&);  // "/studies/8a8cf898-..."
// The members ID, Path and Type.
void write_id(JsonWriter&, const ResourceId&);
void write_reference(JsonWriter&, Level, const ResourceId&);

// Of the stored file of an instance: another when it is replaced, else always the same.
std::string file_uuid(RowId instance, const ResourceId&);

std::string time_text(Time);  // "20261122T074529", UTC

}  // namespace dcmfs::rest
