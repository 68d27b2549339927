#include "store/dicom/json_size.h"

namespace dcmfs {

std::size_t json_values_in(std::string_view text) {
  std::size_t values = 1;
  bool in_string = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '"')
      in_string = !in_string;
    else if (in_string && c == '\\')
      ++i;
    else if (!in_string && (c == ',' || c == '[' || c == '{'))
      ++values;
  }
  return values;
}

}  // namespace dcmfs
