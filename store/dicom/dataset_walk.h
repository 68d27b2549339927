#pragma once
// Through a data set and all that is nested in it, changing it on the way.
// Private to this folder.
#include <algorithm>
#include <vector>

#include "store/dicom/tag_path.h"

namespace dcmfs {

enum class Visit { stay, descend, erase };

// `visit(place, element)` may change the element, but for its tag; then it stays, is erased, or its
// items are visited, too.
template <class Visitor>
void walk(Dataset& dataset, std::vector<AttributePlace::Item>& above, const Visitor& visit) {
  std::vector<Tag> unwanted;  // sorted, as the elements are
  for (Element& element : dataset.elements()) {
    const Visit then = visit(AttributePlace{dataset, above, element.tag}, element);
    if (then == Visit::erase) unwanted.push_back(element.tag);
    if (then != Visit::descend) continue;
    for (std::size_t i = 0; i < element.items.size(); ++i) {
      above.push_back({&dataset, element.tag, i});
      walk(element.items[i], above, visit);
      above.pop_back();
    }
  }
  if (unwanted.empty()) return;
  dataset.erase_if(
      [&](const Element& element) { return std::ranges::binary_search(unwanted, element.tag); });
}

template <class Visitor>
void walk(Dataset& dataset, const Visitor& visit) {
  std::vector<AttributePlace::Item> above;
  walk(dataset, above, visit);
}

}  // namespace dcmfs
