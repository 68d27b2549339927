#pragma once
// Two data sets told as one. Private to this folder.
#include "store/dicom/dataset.h"

namespace dcmfs {

// Calls `each(element, data set that it is in)` in the order of tags; of what both have, that of `also`.
template <class Each>
void for_each_merged(const Dataset& dataset, const Dataset& also, Each each) {
  auto other = also.begin();
  for (const Element& element : dataset) {
    for (; other != also.end() && other->tag < element.tag; ++other) each(*other, also);
    if (other != also.end() && other->tag == element.tag) {
      each(*other, also);
      ++other;
    } else {
      each(element, dataset);
    }
  }
  for (; other != also.end(); ++other) each(*other, also);
}

}  // namespace dcmfs
