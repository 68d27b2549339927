#include "rest/dicomweb/pixel_form.h"

#include <algorithm>

#include "rest/dicomweb/negotiation.h"
#include "rest/dicomweb/pixel_media.h"
#include "store/image/image.h"
#include "store/transcode.h"

namespace dcmfs::rest {
namespace {

constexpr std::string_view kOctets = "application/octet-stream";

struct CompressionTarget {
  const TransferSyntax* syntax;
  std::string_view media_type;
};

// The transfer syntax to compress in, if this build can and the client takes it.
std::optional<CompressionTarget> compression_target(const Wanted& one, const DicomFile& file) {
  for (const auto& [media_type, uid] : pixel_media()) {
    const bool is_said = !one.transfer_syntax.empty() && one.transfer_syntax != "*";
    const auto* target =
        find_transfer_syntax(is_said ? std::string_view(one.transfer_syntax) : uid);
    const auto taken = taken_as(one.type, media_type);
    if (target != nullptr && !taken.empty() && frame_type(*target) == media_type &&
        find_encoder(*target) != nullptr && check_transcoding(file, *target))
      return CompressionTarget{target, taken};
  }
  return std::nullopt;
}

// Whether the header of the first frame says so; damage further on shows only when it is decoded.
bool seems_decodable(const DicomFile& file) {
  return !file.syntax->encapsulated || describe_pixels(file);
}

// Of one thing that the client takes.
std::optional<PixelForm> form_of(const Wanted& one, const OpenInstance& instance) {
  using enum PixelForm::Made;
  const DicomFile& file = instance.file.dicom();
  const bool is_native = !file.syntax->encapsulated;
  const std::string& stored_syntax = file.syntax_uid;
  // Bytes of native pixel data are little endian here, whatever the file is.
  const std::string native_syntax(uids::ExplicitVRLittleEndian);
  const bool any = one.transfer_syntax == "*" ||
                   (!stored_syntax.empty() && one.transfer_syntax == stored_syntax);
  const bool is_default = one.transfer_syntax.empty();
  const auto form = [&](PixelForm::Made made, std::string_view media_type,
                        std::string_view syntax) {
    return PixelForm{.made = made,
                     .media_type = std::string(media_type),
                     .transfer_syntax = std::string(syntax)};
  };

  const bool takes_octets = one.type.accepts(kOctets);
  if (takes_octets && any && !is_native) return form(stored, kOctets, stored_syntax);
  if (takes_octets && (any || is_default || one.transfer_syntax == native_syntax) &&
      seems_decodable(file))
    return form(decoded, kOctets, native_syntax);
  const auto taken = is_native ? std::string_view() : taken_as(one.type, frame_type(*file.syntax));
  if (!taken.empty() && (any || is_default)) return form(stored, taken, stored_syntax);
  if (takes_octets && is_default && !is_native) return form(stored, kOctets, stored_syntax);
  if (const auto target = compression_target(one, file)) {
    auto made = form(compressed, target->media_type, target->syntax->uid);
    made.encoder = find_encoder(*target->syntax);
    return made;
  }
  return std::nullopt;
}

// Whether the codestream will do, called so.
bool takes_as_stored(const Wanted& one, std::string_view media_type, const OpenInstance& instance) {
  const auto& syntax = one.transfer_syntax;
  return one.type.accepts(media_type) &&
         (syntax.empty() || syntax == "*" || syntax == instance.file.dicom().syntax_uid);
}

}  // namespace

std::string PixelForm::content_type() const {
  return transfer_syntax.empty() ? media_type : media_type + "; transfer-syntax=" + transfer_syntax;
}

std::optional<PixelForm> pixel_form(const Request& request, const OpenInstance& instance,
                                    PixelsAsked asked) {
  // A part of a body of parts is of no use.
  const bool has_range = !header(request.headers, "Range").empty();
  const auto all = wanted(request);
  for (const Wanted& one : all) {
    auto form = form_of(one, instance);
    if (!form) continue;
    const auto streams = form->made == PixelForm::Made::decoded ? asked.decoded : asked.compressed;
    if (streams == Streams::many && !one.multipart) continue;
    form->may_be_stored = form->made == PixelForm::Made::decoded &&
                          std::ranges::any_of(all, [&](const Wanted& other) {
                            return takes_as_stored(other, form->media_type, instance);
                          });
    form->single = streams == Streams::one && one.single && (!one.multipart || has_range);
    return form;
  }
  return std::nullopt;
}

std::optional<PixelForm> stored_form(const OpenInstance& instance, const PixelForm& instead_of) {
  const DicomFile& file = instance.file.dicom();
  if (!file.syntax->encapsulated) return std::nullopt;
  PixelForm form = instead_of;
  form.made = PixelForm::Made::stored;
  form.encoder = nullptr;
  form.transfer_syntax = file.syntax_uid;
  if (instead_of.made == PixelForm::Made::compressed) form.media_type = frame_type(*file.syntax);
  if (form.media_type.empty()) form.media_type = kOctets;
  return form;
}

bool is_about_pixels(const Error& error) {
  return error.code == Errc::not_supported || error.code == Errc::corrupt ||
         error.code == Errc::too_large;
}

}  // namespace dcmfs::rest
