#include "store/image/icc.h"

#include <algorithm>
#include <iterator>
#include <memory>
#include <optional>

#include <lcms2.h>

#include "store/image/picture_tags.h"

namespace dcmfs {
namespace {

constexpr std::int64_t kProfileBytesMax = 8 << 20;  // of a profile with large tables

struct CloseProfile {
  void operator()(void* profile) const { cmsCloseProfile(profile); }
};
struct DeleteTransform {
  void operator()(void* transform) const { cmsDeleteTransform(transform); }
};
struct DeleteContext {
  void operator()(cmsContext context) const { cmsDeleteContext(context); }
};
using Profile = std::unique_ptr<void, CloseProfile>;
using Transform = std::unique_ptr<void, DeleteTransform>;
// Of one call: errors of lcms are told to nobody, and threads share nothing.
using Context = std::unique_ptr<std::remove_pointer_t<cmsContext>, DeleteContext>;

enum class Curve : std::uint8_t { srgb, adobe, romm };

struct NamedSpace {
  IccProfile profile;
  const char* color_space;  // PS3.3 C.11.15.1.2
  const char* name;
  cmsCIExyY white;
  cmsCIExyYTRIPLE primaries;
  Curve curve;
};
constexpr cmsCIExyY kD65{0.3127, 0.3290, 1}, kD50{0.3457, 0.3585, 1};

// clang-format off
constexpr NamedSpace kSpaces[] = {
    {IccProfile::srgb,       "SRGB",      "sRGB",             kD65, {{0.6400, 0.3300, 1}, {0.3000, 0.6000, 1}, {0.1500, 0.0600, 1}}, Curve::srgb},
    {IccProfile::adobe_rgb,  "ADOBERGB",  "Adobe RGB (1998)", kD65, {{0.6400, 0.3300, 1}, {0.2100, 0.7100, 1}, {0.1500, 0.0600, 1}}, Curve::adobe},
    {IccProfile::romm_rgb,   "ROMMRGB",   "ROMM RGB",         kD50, {{0.7347, 0.2653, 1}, {0.1596, 0.8404, 1}, {0.0366, 0.0001, 1}}, Curve::romm},
    {IccProfile::display_p3, "DISPLAYP3", "Display P3",       kD65, {{0.6800, 0.3200, 1}, {0.2650, 0.6900, 1}, {0.1500, 0.0600, 1}}, Curve::srgb},
};
// clang-format on

cmsToneCurve* curve_of(cmsContext context, Curve curve) {
  constexpr int kWithLinearPart = 4;  // of lcms: (a x + b)^g from d on, else c x
  switch (curve) {
    case Curve::srgb: {  // IEC 61966-2-1
      const cmsFloat64Number parameters[] = {2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045};
      return cmsBuildParametricToneCurve(context, kWithLinearPart, parameters);
    }
    case Curve::romm: {  // ISO 22028-2
      const cmsFloat64Number parameters[] = {1.8, 1, 0, 1.0 / 16, 16.0 / 512};
      return cmsBuildParametricToneCurve(context, kWithLinearPart, parameters);
    }
    case Curve::adobe:
      return cmsBuildGamma(context, 2.19921875);
  }
  return nullptr;
}

Profile profile_of(cmsContext context, const NamedSpace& space) {
  cmsToneCurve* curve = curve_of(context, space.curve);
  if (curve == nullptr) return nullptr;
  cmsToneCurve* curves[] = {curve, curve, curve};
  Profile out(cmsCreateRGBProfileTHR(context, &space.white, &space.primaries, curves));
  cmsFreeToneCurve(curve);
  if (out == nullptr) return nullptr;
  if (cmsMLU* name = cmsMLUalloc(context, 1)) {
    cmsMLUsetASCII(name, "en", "US", space.name);
    cmsWriteTag(out.get(), cmsSigProfileDescriptionTag, name);
    cmsMLUfree(name);
  }
  return out;
}

std::string bytes_of(cmsHPROFILE profile) {
  cmsUInt32Number size = 0;
  if (!cmsSaveProfileToMem(profile, nullptr, &size) || size < 128 || size > 2 * kProfileBytesMax)
    return "";
  std::string out(size, '\0');
  return cmsSaveProfileToMem(profile, out.data(), &size) ? out : "";
}

// ICC.1 7.2.8 and 7.2.18: when it was made, which would make each of these another one.
std::string undated(std::string profile) {
  constexpr std::size_t kDate = 24, kId = 84;
  constexpr std::string_view kAnyDate("\x07\xe0\x00\x01\x00\x01\x00\x00\x00\x00\x00\x00", 12);
  if (profile.size() < 128) return profile;
  profile.replace(kDate, kAnyDate.size(), kAnyDate);
  std::fill_n(profile.begin() + kId, 16, '\0');
  return profile;
}

struct SourceProfile {
  Profile profile;
  std::string bytes;
};

// The first item of Optical Path Sequence (PS3.3 C.8.12.5) stands for all.
std::string stored_profile(const DicomFile& file) {
  for (const Dataset* dataset :
       {&file.dataset, file.dataset.item(picture_tags::OpticalPathSequence)}) {
    const Element* element = dataset == nullptr ? nullptr : dataset->find(picture_tags::ICCProfile);
    if (element == nullptr || element->length <= 0) continue;
    if (auto bytes = read_value(file, *element, kProfileBytesMax)) return *std::move(bytes);
  }
  return "";
}

std::optional<SourceProfile> source_profile(cmsContext context, const DicomFile& file) {
  SourceProfile out;
  if (const auto bytes = stored_profile(file); !bytes.empty()) {
    out.profile.reset(cmsOpenProfileFromMemTHR(context, bytes.data(),
                                               static_cast<cmsUInt32Number>(bytes.size())));
    if (out.profile == nullptr || cmsGetColorSpace(out.profile.get()) != cmsSigRgbData)
      return std::nullopt;
    // Not what came, but what was understood of it.
    out.bytes = bytes_of(out.profile.get());
  } else {
    const auto name = file.dataset.text_or(picture_tags::ColorSpace, "");
    const auto* space = std::ranges::find_if(
        kSpaces, [&](const NamedSpace& one) { return name == one.color_space; });
    if (space == std::end(kSpaces)) return std::nullopt;
    out.profile = profile_of(context, *space);
    if (out.profile != nullptr) out.bytes = undated(bytes_of(out.profile.get()));
  }
  if (out.bytes.empty()) return std::nullopt;
  return out;
}

void ignore_error(cmsContext, cmsUInt32Number, const char*) {}

}  // namespace

Result<std::string> apply_profile(Picture& picture, std::initializer_list<const DicomFile*> files,
                                  IccProfile wanted) {
  if (wanted == IccProfile::none) return std::string();
  if (picture.channels != 3)
    return Error{Errc::not_supported, "a grey picture has no colour profile"};
  const Context context(cmsCreateContext(nullptr, nullptr));
  if (context == nullptr) return Error{Errc::no_space, "no memory for a colour profile"};
  cmsSetLogErrorHandlerTHR(context.get(), ignore_error);
  std::optional<SourceProfile> source;
  for (const DicomFile* file : files)
    if (file != nullptr && !source) source = source_profile(context.get(), *file);
  if (!source) return Error{Errc::not_supported, "nothing tells what the colours mean"};
  const auto* space = std::ranges::find(
      kSpaces, wanted == IccProfile::own ? IccProfile::srgb : wanted, &NamedSpace::profile);
  const Profile target = profile_of(context.get(), *space);
  // Also of a picture that stays as it is: a profile that nothing can be made of is not passed on.
  const Transform transform(
      target == nullptr ? nullptr
                        : cmsCreateTransformTHR(context.get(), source->profile.get(), TYPE_RGB_8,
                                                target.get(), TYPE_RGB_8, INTENT_PERCEPTUAL, 0));
  if (transform == nullptr) return Error{Errc::not_supported, "the colour profile is damaged"};
  if (wanted == IccProfile::own) return std::move(source->bytes);
  auto bytes = undated(bytes_of(target.get()));
  if (bytes.empty()) return Error{Errc::not_supported, "no colour profile could be made"};
  for (int y = 0; y < picture.height; ++y) {
    auto* row = picture.pixels.data() + static_cast<std::ptrdiff_t>(y) * picture.width * 3;
    cmsDoTransform(transform.get(), row, row, static_cast<cmsUInt32Number>(picture.width));
  }
  return bytes;
}

}  // namespace dcmfs
