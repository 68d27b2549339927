// A path below find/, and values that it is compared with.
#include <limits>

#include "fs/find_folders.h"
#include "store/dicom/text.h"
#include "tests/fuzz/target.h"

namespace dcmfs::fuzz {
namespace {

// What an index may leave out, and what it would find, must not contradict the matcher.
std::string check_bounds(const Matcher& matcher, Vr vr, std::string_view value, bool matches) {
  if (!matches || value.find('\\') != value.npos) return "";
  const std::string normal = normalise_value(vr, value);
  if (const auto bounds = matcher.bounds()) {
    const std::string text = bounds->folded ? fold(normal) : normal;
    if (text < bounds->low || (!bounds->high.empty() && text >= bounds->high)) {
      return "a match outside its bounds";
    }
  }
  if (const auto infix = matcher.infix(); infix && fold(normal).find(*infix) == std::string::npos) {
    return "a match without its infix";
  }
  return "";
}

}  // namespace

std::string query(std::string_view bytes) {
  const auto lines = split(bytes, '\n');
  const auto parsed = fs::parse_query_path(repair_utf8(lines.front()));
  if (!parsed) return parsed.error().message.empty() ? "no reason" : "";
  for (const auto& condition : parsed->where) {
    const Matcher& matcher = condition.matcher;
    (void)matcher.matches(std::nullopt);
    (void)matcher.exact_values();
    for (std::size_t i = 1; i < lines.size(); ++i) {
      // As the index keeps it: composed, without padding.
      const Vr vr = vr_of(condition.tag);
      const std::string text = to_nfc(repair_utf8(lines[i]));
      const std::string value(info(vr).multi_valued ? trim(text) : trim_right(text));
      const bool matches = matcher.matches(value);
      if (matcher.universal() && !matches) return "a universal key that does not match";
      if (auto fault = check_bounds(matcher, vr, value, matches); !fault.empty()) {
        return fault;
      }
    }
  }
  return "";
}

}  // namespace dcmfs::fuzz
