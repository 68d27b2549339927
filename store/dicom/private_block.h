#pragma once
// Private attributes by their creator (PS3.5 7.8.1): (gggg,00xx) says whose
// (gggg,xx00) to (gggg,xxff) are. Private to this folder.
#include <optional>
#include <string_view>

#include "store/dicom/dataset.h"
#include "store/result.h"

namespace dcmfs {

// Where the attribute of this creator is in this data set: the block of `tag` is what the data set
// says. nullopt: the creator has no block. With "" as creator, and for public tags, as it is.
std::optional<Tag> find_private(const Dataset&, Tag, std::string_view creator);
// The same; a block is reserved if there is none, that of `tag` if it is free. Errors:
// invalid_argument (nobody has reserved the block, and no creator is given), too_large (no block is free).
Result<Tag> reserve_private(Dataset&, Tag, std::string_view creator);
// The creator of the block that `tag` is in; "" if nobody has reserved it, or the tag is public.
std::string creator_of(const Dataset&, Tag);

}  // namespace dcmfs
