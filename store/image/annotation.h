#pragma once
// What PS3.18 8.3.5.1.1 calls annotation: who the patient is and how the picture was made, as text in
// its corners.
#include <string>
#include <vector>

#include "store/image/text_overlay.h"

namespace dcmfs {

struct Annotations {
  bool patient = false, technique = false;
  bool any() const { return patient || technique; }
};

enum class Corner : std::uint8_t { top_left, top_right, bottom_left, bottom_right };

struct AnnotationLine {
  Corner corner = Corner::top_left;
  std::string text;
};

// In the order in which they stand below each other. What an instance does not have is left out.
std::vector<AnnotationLine> annotation_lines(const DicomFile&, int frame, Annotations);
// In letters whose size is that of the picture; smaller where a line would not fit beside the one in
// the other corner, and where the smallest do not either, without what would be on the right.
// not_supported: there is no font.
Result<> annotate(Picture&, const std::vector<AnnotationLine>&);

// "Dr Jane DOE" of "DOE^JANE^^Dr", and what stands in other scripts behind it.
std::string readable_name(std::string_view person_name);

}  // namespace dcmfs
