#pragma once
// What a C-FIND, a QIDO-RS search, /tools/find, dcmfs-find and find/ all become.
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "store/dicom/match.h"
#include "store/ids.h"
#include "store/level.h"

namespace dcmfs {

struct Query {
  struct Condition {
    // Of any level: above, a property of an ancestor; below, of at least one descendant. What two levels
    // keep is that of the nearest that is not below.
    Tag tag;
    Matcher matcher;
  };
  // What is told of all that is below a resource. What is not told is 0; last_update then is the first
  // reception. Of an instance all costs nothing.
  enum class Totals : std::uint8_t {
    none,
    newest,   // last_update, is_stable, status: a step in an index for each series
    counted,  // and children, instances, bytes, for which everything below is looked at
  };
  // What has no value comes last, whatever the direction.
  struct Order {
    enum class As : std::uint8_t {
      itself,
      integer,  // what is no number counts as 0
      real,     // likewise
    };
    Tag tag = {};
    bool descending = false;
    std::string metadata = {};  // by this of the resource, not by the attribute
    As as = As::itself;
  };
  struct Labelled {
    enum class How : std::uint8_t {
      all,   // has all of them; without labels: asks for nothing
      any,   // has at least one; likewise
      none,  // has none of them; without labels: is not labelled at all
    };
    std::vector<std::string> labels;
    How how = How::all;
  };
  // Of the resource itself; what it does not have does not match (unless universal).
  struct MetadataCondition {
    std::string name;
    Matcher matcher;  // of Vr::UT for text with wildcards
  };

  Level level = Level::study;
  std::vector<Condition> where = {};             // all must hold
  std::vector<MetadataCondition> metadata = {};  // all must hold, too
  std::optional<Labelled> labelled = {};
  std::optional<Key> below = {};     // only it and its descendants
  std::vector<Order> order_by = {};  // then by row, which is the order of arrival
  std::int64_t offset = 0;
  std::int64_t limit = 0;      // 0: no limit
  std::vector<Tag> also = {};  // computed attributes (is_computed) to answer with the others
  // What to answer of each, beside its attributes.
  Totals totals = Totals::counted;
  bool labels = false;
  bool child_ids = false;                       // of what is directly below
  std::vector<std::string> also_metadata = {};  // these, where it was set
};

}  // namespace dcmfs
