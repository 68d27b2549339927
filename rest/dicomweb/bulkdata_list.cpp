#include "rest/dicomweb/bulkdata_list.h"

#include <algorithm>
#include <array>

#include "rest/base_url.h"
#include "rest/dicomweb/bulk_value.h"
#include "rest/dicomweb/encapsulated_document.h"
#include "rest/dicomweb/frames.h"
#include "rest/dicomweb/negotiation.h"
#include "rest/dicomweb/stored_instances.h"
#include "rest/http/error.h"
#include "rest/services.h"
#include "store/dicom/bulk_data.h"

namespace dcmfs::rest {
namespace {

constexpr std::string_view kOctetParts = "application/octet-stream";

enum class BulkKind : std::uint8_t { all, pixels };

struct BulkPlaceInPath {
  std::string path;  // as metadata has it behind "/bulkdata/"
  const Element* element;
};

std::string text_of_tag(Tag tag) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  const auto number = static_cast<std::uint32_t>(tag.group) << 16 | tag.element;
  std::string text;
  for (int shift = 28; shift >= 0; shift -= 4) text += kDigits[number >> shift & 15];
  return text;
}

// What store/dicom/dicom_json.cpp tells by a URI.
void collect(const Dataset& dataset, const std::string& above, std::vector<BulkPlaceInPath>& out) {
  for (const Element& element : dataset) {
    if (element.tag.is_group_length() || element.tag.group <= 2) continue;
    const std::string path = above + text_of_tag(element.tag);
    for (std::size_t i = 0; i < element.items.size(); ++i)
      collect(element.items[i], path + '/' + std::to_string(i) + '/', out);
    const bool has_value = element.vr != Vr::SQ && (!element.value.empty() || element.on_disk());
    if (has_value && is_bulk_data(element) && may_be_bulk_data(element.vr))
      out.push_back({path, &element});
  }
}

class BulkParts {
 public:
  // `accepts`: whose Accept is meant.
  BulkParts(const Services& services, const Request& accepts, std::vector<RowId> rows,
            BulkKind kind)
      : services_(services),
        base_(base_url(services, accepts)),
        kind_(kind),
        rows_(std::move(rows)) {
    accepts_.headers = accepts.headers;
    accepts_.headers.erase("Range");  // of several values there is none
    accepts_.query = accepts.query;
  }
  bool has_seen_any() const { return seen_any_; }

  Result<std::optional<OutgoingPart>> next() {
    for (;;) {
      if (frames_) {
        if (frame_ < frames_->count()) return next_frame();
        frames_.reset();
      }
      if (place_ == places_.size()) {
        if (row_ == rows_.size()) return std::optional<OutgoingPart>();
        DCMFS_CHECK(open(rows_[row_++]));
        continue;
      }
      const BulkPlaceInPath& place = places_[place_++];
      seen_any_ = true;
      DCMFS_TRY(auto part, is_pixels(place) ? pixels_of(place) : value_of(place));
      if (!part) continue;
      part->location = location_ + place.path;
      return part;
    }
  }

 private:
  using MaybePart = std::optional<OutgoingPart>;

  bool is_pixels(const BulkPlaceInPath& place) const {
    const DicomFile& file = instance_->file.dicom();
    return place.element == file.dataset.find(tags::PixelData) && file.syntax != nullptr;
  }

  Result<> open(RowId row) {
    places_.clear();
    place_ = 0;
    auto opened = open_instance(services_, row);
    if (!opened && opened.error().code == Errc::not_found) return {};  // removed meanwhile
    if (!opened) return std::move(opened).error();
    instance_ = std::make_shared<const OpenInstance>(*std::move(opened));
    const Dataset& dataset = instance_->file.dicom().dataset;
    location_ = instance_url(base_, dataset) + "/bulkdata/";
    collect(dataset, {}, places_);
    if (kind_ == BulkKind::pixels)
      std::erase_if(places_, [&](const BulkPlaceInPath& place) {
        return std::ranges::none_of(
            std::array{tags::PixelData, tags::FloatPixelData, tags::DoubleFloatPixelData},
            [&](Tag tag) { return dataset.find(tag) == place.element; });
      });
    return {};
  }

  // nullopt: the client does not take it, or its frames are what comes next.
  Result<MaybePart> pixels_of(const BulkPlaceInPath& place) {
    auto form =
        pixel_form(accepts_, *instance_, {.compressed = Streams::many, .decoded = Streams::many});
    const bool is_encapsulated = place.element->length == Element::kUndefinedLength;
    if (!form || is_encapsulated != instance_->file.dicom().syntax->encapsulated)
      return MaybePart();
    if (form->made == PixelForm::Made::decoded) {
      if (!is_encapsulated)
        return MaybePart(part_of(body_of(instance_, *place.element), form->content_type()));
      auto value = decoded_value(services_, *instance_);
      if (value) return MaybePart(part_of(*std::move(value), form->content_type()));
      if (!is_about_pixels(value.error())) return std::move(value).error();
      form = stored_form(*instance_, *form);
    }
    DCMFS_TRY(const auto frames, FrameReader::of(instance_));
    for (const int frame :
         {0, frames.count() - 1}) {  // in the middle of an answer it would be cut off
      const auto there = frames.check(frame);
      if (!there && !is_about_pixels(there.error())) return there.error();
      if (!there) return MaybePart();
    }
    frames_ = frames;
    frame_ = 0;
    form_ = *form;
    frame_location_ = location_ + place.path;
    return MaybePart();
  }

  Result<MaybePart> next_frame() {
    const int frame = frame_++;
    DCMFS_TRY(auto part, frames_->part(frame, form_));
    part.location =
        frame_location_ + (frames_->count() == 1 ? "" : "/frames/" + std::to_string(frame + 1));
    return MaybePart(std::move(part));
  }

  Result<MaybePart> value_of(const BulkPlaceInPath& place) {
    const DicomFile& file = instance_->file.dicom();
    const bool is_document = place.element == file.dataset.find(tags::EncapsulatedDocument);
    const std::string own_type = is_document ? document_type(file.dataset) : std::string();
    for (const Wanted& one : wanted(accepts_)) {
      if (!one.multipart) continue;
      if (one.type.accepts(kOctetParts)) {
        if (place.element->length != Element::kUndefinedLength)
          return MaybePart(part_of(body_of(instance_, *place.element), std::string(kOctetParts)));
        auto joined = file.syntax != nullptr ? joined_fragments(instance_, *place.element)
                                             : Error{Errc::not_supported, {}};
        if (joined) return MaybePart(part_of(*std::move(joined), std::string(kOctetParts)));
        return is_about_pixels(joined.error()) ? Result<MaybePart>(MaybePart())
                                               : std::move(joined).error();
      }
      if (own_type.empty() || !one.type.accepts(own_type)) continue;
      DCMFS_TRY(auto document, document_response(instance_, own_type));
      return MaybePart(part_of(std::move(document.body), own_type));
    }
    return MaybePart();
  }

  const Services& services_;
  Request accepts_;
  const std::string base_;
  const BulkKind kind_;
  const std::vector<RowId> rows_;
  std::size_t row_ = 0;
  std::shared_ptr<const OpenInstance> instance_;
  std::vector<BulkPlaceInPath> places_;  // of the instance
  std::size_t place_ = 0;
  std::string location_;
  bool seen_any_ = false;
  std::optional<FrameReader> frames_;  // that are being told
  int frame_ = 0;
  PixelForm form_;
  std::string frame_location_;
};

Result<Response> answer_bulk(const Services& services, const Request& request, BulkKind kind) {
  DCMFS_TRY(auto rows, find_instances(services.store, uids_of_path(request)));
  if (std::ranges::none_of(wanted(request), &Wanted::multipart))
    return failure_response(not_acceptable(kPixelForms), request);
  const auto parts = std::make_shared<BulkParts>(services, request, std::move(rows), kind);
  // The first is made before the status is said.
  DCMFS_TRY(auto first, parts->next());
  if (!first && parts->has_seen_any())
    return failure_response(not_acceptable(kPixelForms), request);
  if (!first) return Error{Errc::not_found, "there is no such bulk data"};
  const auto type = first->type.substr(0, first->type.find(';'));
  return multipart_response(type,
                            [parts, first = std::make_shared<OutgoingPart>(*std::move(first)),
                             given = false]() mutable -> Result<std::optional<OutgoingPart>> {
                              if (given) return parts->next();
                              given = true;
                              return std::optional(std::move(*first));
                            });
}

}  // namespace

Result<Response> retrieve_all_bulkdata(const Services& services, Request& request) {
  return answer_bulk(services, request, BulkKind::all);
}

Result<Response> retrieve_pixeldata(const Services& services, Request& request) {
  return answer_bulk(services, request, BulkKind::pixels);
}

}  // namespace dcmfs::rest
