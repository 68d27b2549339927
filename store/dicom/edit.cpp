#include "store/dicom/edit.h"

#include <algorithm>

#include "store/dicom/binary.h"
#include "store/dicom/dataset_walk.h"
#include "store/dicom/dictionary.h"
#include "store/dicom/json_values.h"
#include "store/dicom/private_block.h"
#include "store/dicom/recode.h"
#include "store/dicom/text.h"
#include "store/dicom/writer.h"

namespace dcmfs {
namespace {

constexpr std::int64_t kRecodedTextMax = 256
                                         << 20;  // of values that are too long to stay in memory
constexpr JsonRules kCheckedRules{.private_creator = {}, .checked = true};

Error refused_at(const TagPath& path, std::string_view why) {
  return {Errc::invalid_argument, to_string(path) + ": " + std::string(why)};
}

bool is_whole_bulk(Vr vr) {
  return !info(vr).text && !info(vr).multi_valued && vr != Vr::SQ;
}

bool is_at_top(const TagPath& path, Tag tag) {
  return path.steps.empty() && path.tag == tag;
}

class Editor {
 public:
  Editor(const Edit& edit, Dataset dataset, bool compressed)
      : edit_(edit), dataset_(std::move(dataset)), compressed_(compressed) {}

  Result<> run() {
    const auto is_kept = [this](const AttributePlace& place) {
      Keep most = Keep::nothing;
      for (const TagPath& path : edit_.keep) most = std::max(most, kept_by(path, place));
      return most;
    };
    if (edit_.deidentify) warnings_ = deidentify(dataset_, *edit_.deidentify, is_kept);
    if (edit_.remove_private) remove_private(is_kept);
    if (edit_.new_uids) follow_uids(is_kept);
    dataset_.erase(tags::DataSetTrailingPadding);
    for (const TagPath& path : edit_.remove) {
      DCMFS_CHECK(at(dataset_, path, 0, Adding::no,
                     [&](Dataset& dataset) { return remove(dataset, path); }));
    }
    for (const TagPath& path : edit_.clear) {
      DCMFS_CHECK(at(dataset_, path, 0, Adding::no,
                     [&](Dataset& dataset) { return clear(dataset, path); }));
    }
    for (const Edit::Replacement& replacement : edit_.replace) {
      if (is_at_top(replacement.path, tags::SpecificCharacterSet)) continue;  // apply() does it
      DCMFS_CHECK(at(dataset_, replacement.path, 0, Adding::yes,
                     [&](Dataset& dataset) { return replace(dataset, replacement); }));
    }
    return {};
  }

  // The character set does not have all that was to be written: the rest is done nevertheless.
  bool lacks_characters() const { return lacks_characters_; }
  Edited take() && { return {std::move(dataset_), std::move(warnings_)}; }

 private:
  enum class Adding { no, yes };

  void remove_private(const IsKept& is_kept) {
    walk(dataset_, [&](const AttributePlace& place, Element& element) {
      switch (is_kept(place)) {
        case Keep::whole:
          return Visit::stay;
        case Keep::below:
          return Visit::descend;
        case Keep::nothing:
          break;
      }
      // Of a private sequence only what is kept, and the character set that it is written in.
      if (element.tag == tags::SpecificCharacterSet) return Visit::stay;
      const bool is_private =
          element.tag.is_private() || std::ranges::any_of(place.above, [](const auto& item) {
            return item.sequence.is_private();
          });
      return is_private ? Visit::erase : Visit::descend;
    });
  }

  void follow_uids(const IsKept& is_kept) {
    walk(dataset_, [&](const AttributePlace& place, Element& element) {
      if (is_kept(place) == Keep::whole) return Visit::stay;
      if (element.vr == Vr::UI && !element.on_disk()) follow_uid(element);
      return Visit::descend;
    });
  }

  void follow_uid(Element& element) {
    std::string all;
    bool is_changed = false;
    for (const std::string_view part : split(element.value, '\\')) {
      const std::string_view uid = trim(part);
      std::string other = uid.empty() ? "" : edit_.new_uids(uid);
      is_changed = is_changed || !other.empty();
      if (!all.empty()) all += '\\';
      all += other.empty() ? uid : other;
    }
    if (!is_changed) return;
    if (all.size() % 2 != 0) all.push_back(info(Vr::UI).padding);
    element.value = std::move(all);
    element.length = std::ssize(element.value);
    element.offset = -1;
  }

  // `change` of each data set that has the last attribute of the path, or would have it.
  template <class Change>
  static Result<> at(Dataset& dataset, const TagPath& path, std::size_t depth, Adding adding,
                     const Change& change) {
    if (depth == path.steps.size()) return change(dataset);
    const auto& [sequence, item] = path.steps[depth];
    const auto found = find_private(dataset, sequence, path.private_creator);
    const bool is_there = found && dataset.contains(*found);
    if (!is_there && (adding == Adding::no || !item)) return {};
    Tag tag = sequence;
    if (is_there) {
      tag = *found;
    } else {
      DCMFS_TRY(tag, reserve_private(dataset, sequence, path.private_creator));
    }
    const Element* element = dataset.find(tag);
    if (element != nullptr && element->vr != Vr::SQ)
      return refused_at(path, "is below what is no sequence in this data set");
    const std::size_t count = element != nullptr ? element->items.size() : 0;
    if (item && *item >= count) {
      if (adding == Adding::no) return {};
      if (*item > count) return refused_at(path, "the items before that one are missing");
      dataset.add_item(tag);
    }
    for (std::size_t i = item.value_or(0); i < (item ? *item + 1 : count); ++i)
      DCMFS_CHECK(at(dataset.find(tag)->items[i], path, depth + 1, adding, change));
    return {};
  }

  static Result<> remove(Dataset& dataset, const TagPath& path) {
    if (path.tag == tags::SpecificCharacterSet)
      return refused_at(path, "says what the text is in; replace it instead");
    const auto tag = find_private(dataset, path.tag, path.private_creator);
    if (!tag) return {};
    dataset.erase_if([&](const Element& element) {
      const bool is_owned = tag->is_private_creator() && element.tag.group == tag->group &&
                            element.tag.element >> 8 == tag->element;
      return element.tag == *tag || is_owned;
    });
    return {};
  }

  static Result<> clear(Dataset& dataset, const TagPath& path) {
    if (path.tag == tags::SpecificCharacterSet)
      return refused_at(path, "says what the text is in; replace it instead");
    if (path.tag.is_private_creator()) return refused_at(path, "a private creator cannot be empty");
    const auto tag = find_private(dataset, path.tag, path.private_creator);
    const Element* found = tag ? dataset.find(*tag) : nullptr;
    if (found == nullptr) return {};
    Element empty;
    empty.tag = *tag;
    empty.vr = found->vr;
    dataset.set(std::move(empty));
    return {};
  }

  Result<> replace(Dataset& dataset, const Edit::Replacement& replacement) {
    const TagPath& path = replacement.path;
    if (path.tag == tags::SpecificCharacterSet)
      return refused_at(path, "is that of the whole data set and not of an item");
    if (path.tag.is_private_creator())
      return refused_at(path, "is written where its attributes are: say PrivateCreator");
    if (is_at_top(path, tags::PixelData) && compressed_) {
      return Error{Errc::not_supported,
                   "PixelData: other pixels than those of a compressed transfer syntax"};
    }
    DCMFS_TRY(const Tag tag, reserve_private(dataset, path.tag, path.private_creator));
    DCMFS_TRY(Element element, value_for(dataset, tag, replacement));
    element.tag = tag;
    auto encoded = encoded_for(element, dataset.character_set);
    if (encoded) {
      dataset.set(*std::move(encoded));
    } else {
      lacks_characters_ = true;
    }
    return {};
  }

  // The value in the VR that it has here.
  Result<Element> value_for(const Dataset& dataset, Tag tag,
                            const Edit::Replacement& replacement) const {
    const Element* there = std::as_const(dataset).find(tag);
    const bool is_known = there != nullptr && there->vr != Vr::UN && there->vr != Vr::SQ;
    if (replacement.text) {
      Vr vr = replacement.value.vr;
      if (is_known) {
        vr = there->vr;
      } else if (us_or_ss(tag)) {
        vr = dataset_.integer(tags::PixelRepresentation) == 1 ? Vr::SS : Vr::US;
      } else if (tag.is_private()) {
        const Vr of_creator = private_vr_of(tag, creator_of(dataset, tag));
        if (of_creator != Vr::UN && of_creator != Vr::SQ) vr = of_creator;
      }
      return element_from_text(to_string(replacement.path), tag, vr, *replacement.text,
                               kCheckedRules);
    }
    Element element = replacement.value;
    // OB or OW, as the data set has it.
    if (is_known && is_whole_bulk(element.vr) && is_whole_bulk(there->vr)) element.vr = there->vr;
    return element;
  }

  const Edit& edit_;
  Dataset dataset_;
  const bool compressed_;
  bool lacks_characters_ = false;
  std::vector<std::string> warnings_;
};

// Text that has to be read before it can be recoded.
Result<> load_text(const DicomFile& file, Dataset& dataset, std::int64_t& bytes_left) {
  for (Element& element : dataset.elements()) {
    for (Dataset& item : element.items) DCMFS_CHECK(load_text(file, item, bytes_left));
    if (!element.on_disk() || !info(element.vr).character_set) continue;
    bytes_left -= element.length;
    if (bytes_left < 0) return Error{Errc::too_large, "too much text for another character set"};
    DCMFS_TRY(element.value, read_value(file, element, element.length));
    element.offset = -1;
  }
  return {};
}

Result<Dataset> utf8_dataset(const DicomFile& file) {
  Dataset dataset = file.dataset;
  std::int64_t bytes_left = kRecodedTextMax;
  DCMFS_CHECK(load_text(file, dataset, bytes_left));
  return recoded_to_utf8(dataset);
}

// What SpecificCharacterSet is to be; nullptr if nobody says.
const Element* wanted_character_set(const Edit& edit) {
  const Element* wanted = nullptr;
  for (const Edit::Replacement& replacement : edit.replace)
    if (is_at_top(replacement.path, tags::SpecificCharacterSet)) wanted = &replacement.value;
  return wanted;
}

}  // namespace

Edit::Replacement replacement(Tag tag, std::string_view utf8) {
  Dataset holder;
  holder.set_text(tag, utf8);
  return {.path = {.steps = {}, .tag = tag, .private_creator = {}},
          .value = *holder.begin(),
          .text = {}};
}

Result<Edited> apply(const DicomFile& source, const Edit& edit) {
  if (source.truncated) return Error{Errc::corrupt, "the file ends inside an element"};
  if (source.dataset.contains(tags::DirectoryRecordSequence))
    return Error{Errc::not_supported, "a DICOMDIR tells where its records are: it is not edited"};
  const Element* pixels = source.dataset.find(tags::PixelData);
  const bool compressed = pixels != nullptr
                              ? pixels->length == Element::kUndefinedLength
                              : source.syntax != nullptr && source.syntax->encapsulated;

  const Element* character_set = wanted_character_set(edit);
  if (character_set == nullptr) {
    Editor editor(edit, source.dataset, compressed);
    DCMFS_CHECK(editor.run());
    if (!editor.lacks_characters()) return std::move(editor).take();
  }
  DCMFS_TRY(Dataset utf8, utf8_dataset(source));
  Editor editor(edit, std::move(utf8), compressed);
  DCMFS_CHECK(editor.run());
  Edited edited = std::move(editor).take();
  if (character_set == nullptr) return edited;
  auto recoded = recoded_from_utf8(edited.dataset, trim(character_set->value));
  if (!recoded) {
    return Error{Errc::invalid_argument,
                 "SpecificCharacterSet: does not have all characters of the data set"};
  }
  edited.dataset = *std::move(recoded);
  return edited;
}

Result<FileParts> encode_with(const DicomFile& source, const Dataset& dataset) {
  if (source.syntax == nullptr && source.syntax_uid.empty())
    return Error{Errc::not_supported, "the transfer syntax of the source is not known"};
  const std::string sop_class =
      dataset.text_or(tags::SOPClassUID, source.meta.text_or(tags::MediaStorageSOPClassUID, ""));
  const std::string sop_instance = dataset.text_or(tags::SOPInstanceUID, "");
  if (sop_class.empty() || sop_instance.empty())
    return Error{Errc::invalid_argument, "SOPClassUID or SOPInstanceUID is missing"};

  // Unknown ones are private compressions, which are explicit (PS3.5 A.4).
  TransferSyntax syntax{};
  syntax.uid = source.syntax_uid;
  if (source.syntax != nullptr) syntax = *source.syntax;
  DatasetEncoder encoder(syntax, DatasetEncoder::OnDisk::as_ranges);
  const Element* pixels = dataset.find(tags::PixelData);
  if (syntax.big_endian_pixels && pixels != nullptr && !pixels->value.empty()) {
    Dataset as_in_file = dataset;  // small: the pixels are in memory
    Element* swapped = as_in_file.find(tags::PixelData);
    swap_bytes(swapped->value.data(), swapped->value.size(), byte_order_unit(*swapped, dataset));
    DCMFS_CHECK(encoder.append(as_in_file));
  } else {
    DCMFS_CHECK(encoder.append(dataset));
  }
  auto ranges = encoder.ranges();
  return FileParts(encode_meta(sop_class, sop_instance, syntax.uid, ""), std::move(encoder).take(),
                   std::move(ranges), source.content,
                   syntax.deflated ? FileParts::Deflated::yes : FileParts::Deflated::no);
}

}  // namespace dcmfs
