#include "store/dicom/dataset_reader.h"

#include <algorithm>

#include "store/dicom/binary.h"

namespace dcmfs {
namespace {

bool is_pixel_data(Tag tag) {
  return tag == tags::PixelData || tag == tags::FloatPixelData || tag == tags::DoubleFloatPixelData;
}

Vr vr_of_element(const ElementHeader& header, bool signed_pixels) {
  // PS3.5 6.2.2: UN may be what a sender wrote that knew less than we do.
  const bool told = header.vr && (*header.vr != Vr::UN || header.tag.is_private());
  if (told) return *header.vr;
  const Vr vr = vr_of(header.tag);
  return vr == Vr::US && signed_pixels && us_or_ss(header.tag) ? Vr::SS : vr;
}

bool is_fragmented(const ElementHeader& header) {
  if (header.length != Element::kUndefinedLength) return false;
  return header.tag == tags::PixelData || header.vr == Vr::OB || header.vr == Vr::OW;
}

}  // namespace

void DatasetReader::read_dataset(Dataset& into, Encoding encoding) {
  read_elements(into, Scope{.encoding = encoding, .only_group = {}});
}

void DatasetReader::read_group(Dataset& into, Encoding encoding, std::uint16_t group) {
  read_elements(into, Scope{.encoding = encoding, .only_group = group});
}

bool DatasetReader::count_one() {
  if (++elements_ <= elements_max_) return true;
  refuse("more than " + std::to_string(elements_max_) + " elements");
  return false;
}

void DatasetReader::skip_to(std::int64_t position) {
  if (position > bytes_.position()) bytes_.skip(position - bytes_.position());
}

void DatasetReader::read_elements(Dataset& into, Scope scope) {
  bool sorted = true;
  while (running() && bytes_.position() < scope.end) {
    const std::string_view head = bytes_.peek(kHeaderBytesMax);
    const auto header = parse_header(head, scope.encoding);
    if (!header) {
      end_of_bytes(head, scope);
      break;
    }
    if (scope.only_group && header->tag.group != *scope.only_group) break;
    if (header->tag.group == kItem.group) {
      if (!pass_delimiter(*header, scope)) break;
      continue;
    }
    // Files are padded with zeros to the block size of old media.
    const bool padding = header->tag == Tag{} && header->length == 0;
    if (padding && scope.depth == 0 && !scope.only_group) break;
    if (!count_one()) break;

    const std::size_t count = into.elements_.size();
    read_element(into, *header, scope);
    const bool added = into.elements_.size() > count;
    if (added && count > 0 && into.elements_[count].tag <= into.elements_[count - 1].tag) {
      sorted = false;
    }
  }
  if (!sorted) sort(into);
}

// PS3.5 7.1 wants elements in ascending order, no tag twice. The first one wins.
void DatasetReader::sort(Dataset& dataset) {
  auto& elements = dataset.elements_;
  std::stable_sort(elements.begin(), elements.end(),
                   [](const Element& a, const Element& b) { return a.tag < b.tag; });
  elements.erase(std::unique(elements.begin(), elements.end(),
                             [](const Element& a, const Element& b) { return a.tag == b.tag; }),
                 elements.end());
}

bool DatasetReader::pass_delimiter(const ElementHeader& header, const Scope& scope) {
  if (scope.delimited) {
    // Anything but its own delimiter belongs to the sequence around: the delimiter is missing.
    if (header.tag == kItemDelimitation) bytes_.skip(header.size);
    return false;
  }
  // Nothing is open that it could end. PS3.5 7.5 makes the length of a delimiter
  // zero; what some write there means nothing.
  bytes_.skip(header.size);
  const bool has_content = header.tag == kItem && header.length > 0;
  if (has_content && bytes_.reaches(header.length)) bytes_.skip(header.length);
  return true;
}

void DatasetReader::end_of_bytes(std::string_view rest, const Scope& scope) {
  const bool only_padding = std::all_of(rest.begin(), rest.end(), [](char c) { return c == '\0'; });
  if (scope.depth > 0 || !only_padding) truncate();
}

void DatasetReader::read_element(Dataset& into, const ElementHeader& header, Scope& scope) {
  bytes_.skip(header.size);
  Element element;
  element.tag = header.tag;
  element.vr = vr_of_element(header, scope.signed_pixels);
  element.length = header.length;
  element.offset = bytes_.position();

  if (is_fragmented(header)) {
    read_fragments(element, scope);
  } else if (element.vr = vr_by_content(header, element.vr); element.vr == Vr::SQ) {
    Scope content = scope;
    if (header.vr == Vr::UN) content.encoding = encoding_of_unknown();
    read_sequence(element, header, into, content);
  } else if (!read_value(element, header, into, scope)) {
    return;
  }

  if (element.tag == tags::SpecificCharacterSet) {
    into.character_set = CharacterSet::parse(element.value);
  } else if (element.tag == tags::PixelRepresentation) {
    scope.signed_pixels = number_of(element, 0) == 1;
  }
  const bool foreign = scope.depth == 0 && !scope.only_group && element.tag.group <= 0x0002;
  if (!foreign) into.elements_.push_back(std::move(element));
}

Vr DatasetReader::vr_by_content(const ElementHeader& header, Vr vr) {
  if (header.length == Element::kUndefinedLength) return Vr::SQ;
  if (vr != Vr::SQ || header.vr == Vr::SQ || header.length == 0) return vr;
  // The dictionary says so, not the file: some devices use the tag for something else.
  const auto item = parse_header(bytes_.peek(kHeaderBytesMin), kImplicitLittleEndian);
  return item && item->tag == kItem ? Vr::SQ : Vr::UN;
}

// PS3.5 6.2.2 note 4 (CP-246): the content of a UN sequence is Implicit VR Little Endian. Some
// writers copy explicit items into it all the same.
Encoding DatasetReader::encoding_of_unknown() {
  constexpr std::size_t kItemHeader = 8, kTagAndVr = 6;
  const std::string_view head = bytes_.peek(kItemHeader + kTagAndVr);
  const bool explicit_vr = head.size() == kItemHeader + kTagAndVr &&
                           parse_vr(head[kItemHeader + 4], head[kItemHeader + 5]).has_value();
  return explicit_vr ? kExplicitLittleEndian : kImplicitLittleEndian;
}

void DatasetReader::read_sequence(Element& sequence, const ElementHeader& header,
                                  const Dataset& parent, Scope scope) {
  if (++scope.depth > kNestingMax) {
    return refuse("sequences nested more than " + std::to_string(kNestingMax) + " deep");
  }
  const bool undefined = header.length == Element::kUndefinedLength;
  if (!undefined) scope.end = std::min(scope.end, bytes_.position() + header.length);

  while (running() && bytes_.position() < scope.end) {
    const auto item = parse_header(bytes_.peek(kHeaderBytesMin), scope.encoding);
    if (!item) return truncate();
    if (item->tag.group != kItem.group) break;  // no item: the sequence ends without saying so
    bytes_.skip(item->size);
    if (item->tag == kItem) {
      if (!count_one()) return;
      read_item(sequence, *item, parent, scope);
    } else if (item->tag == kSequenceDelimitation && undefined) {
      return;
    }
  }
  if (!undefined && running()) skip_to(scope.end);
}

void DatasetReader::read_item(Element& sequence, const ElementHeader& item, const Dataset& parent,
                              Scope scope) {
  scope.delimited = item.length == Element::kUndefinedLength;
  if (!scope.delimited) scope.end = std::min(scope.end, bytes_.position() + item.length);
  Dataset& dataset = sequence.items.emplace_back();
  dataset.character_set = parent.character_set;
  read_elements(dataset, scope);
  if (!scope.delimited && running()) skip_to(scope.end);
}

// PS3.5 A.4: the offset table, then the fragments, then a delimiter. Only their headers are read.
void DatasetReader::read_fragments(Element& element, const Scope& scope) {
  if (element.tag == tags::PixelData) element.vr = Vr::OB;
  for (int count = 0; bytes_.position() < scope.end; ++count) {
    element.item_bytes = bytes_.position() - element.offset;
    if (count > kFragmentsMax) return refuse("too many fragments");
    const auto item = parse_header(bytes_.peek(kHeaderBytesMin), scope.encoding);
    if (!item) return truncate();
    if (item->tag == kSequenceDelimitation) return bytes_.skip(item->size);
    if (item->tag != kItem || item->length == Element::kUndefinedLength) {
      // Without the delimiter only what may follow PixelData can be told from damage.
      if (item->tag <= element.tag || item->tag.group == kItem.group) truncate();
      return;
    }
    bytes_.skip(item->size);
    if (!bytes_.reaches(item->length)) return truncate();
    bytes_.skip(item->length);
    if (count > 0) element.fragment_bytes += item->length;
  }
}

bool DatasetReader::read_value(Element& element, const ElementHeader& header, const Dataset& into,
                               const Scope& scope) {
  // An item that is shorter than its content: the sequence around knows where to go on.
  if (header.length > scope.end - bytes_.position()) {
    skip_to(scope.end);
    return false;
  }
  const bool text = info(element.vr).text;
  const std::int64_t longest = text ? kTextFactor * value_bytes_max_ : value_bytes_max_;
  if (header.length > longest || header.length > memory_left_) {
    if (bytes_.reaches(header.length)) {
      bytes_.skip(header.length);
      return true;
    }
    truncate();
    return is_pixel_data(element.tag);
  }
  element.value = bytes_.take(static_cast<std::size_t>(header.length));
  if (static_cast<std::int64_t>(element.value.size()) < header.length) {
    truncate();
    element.value.clear();
    return is_pixel_data(element.tag);
  }
  memory_left_ -= header.length;
  if (scope.encoding.big_endian && header.vr != Vr::UN) {
    swap_bytes(element.value.data(), element.value.size(), byte_order_unit(element, into));
  }
  return true;
}

}  // namespace dcmfs
