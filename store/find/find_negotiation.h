#pragma once
// SOP Class Extended Negotiation of C-FIND (PS3.4 C.5.1.1.1, and K.5.1.1 of the worklist).
#include <string>
#include <string_view>

namespace dcmfs {

struct FindNegotiation {
  bool relational = false;
  bool combined_date_time = false;
  bool fuzzy_names = false;
  bool timezone = false;
  // These two change nothing, and are agreed to: "" and lists match so without them, too
  // (store/dicom/match.h).
  bool empty_values = false;
  bool multiple_values = false;

  // From the bytes that were accepted.
  static FindNegotiation of(std::string_view accepted);
};

// The bytes with which a proposal is answered: all that we can of it, and no more of them than it
// has. Not Enhanced Multi-Frame Image Conversion.
std::string accept_find_negotiation(std::string_view proposed);

}  // namespace dcmfs
