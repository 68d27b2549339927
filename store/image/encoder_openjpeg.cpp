// JPEG 2000 without loss, through OpenJPEG.
#include <algorithm>
#include <bit>
#include <cstring>
#include <memory>

#include <openjpeg.h>

#include "store/image/compress.h"

namespace dcmfs {
namespace {

constexpr int kResolutionsMax = 6;  // five decompositions, as OpenJPEG and others do by default

template <auto kFree>
struct FreeJ2k {
  template <class Object>
  void operator()(Object* object) const {
    kFree(object);
  }
};

// Where OpenJPEG writes to. Its callbacks are C: nothing here throws.
struct CodestreamOutput {
  std::string bytes;
  std::size_t at = 0;

  bool reach(std::size_t end) noexcept {
    try {
      if (end > bytes.size()) bytes.resize(end);
      return true;
    } catch (...) {
      return false;
    }
  }
  static OPJ_SIZE_T write(void* from, OPJ_SIZE_T count, void* self) {
    auto& output = *static_cast<CodestreamOutput*>(self);
    if (!output.reach(output.at + count)) return static_cast<OPJ_SIZE_T>(-1);
    std::memcpy(output.bytes.data() + output.at, from, count);
    output.at += count;
    return count;
  }
  static OPJ_OFF_T skip(OPJ_OFF_T count, void* self) {
    auto& output = *static_cast<CodestreamOutput*>(self);
    if (count < 0 || !output.reach(output.at + static_cast<std::size_t>(count))) return -1;
    output.at += static_cast<std::size_t>(count);
    return count;
  }
  static OPJ_BOOL seek(OPJ_OFF_T to, void* self) {
    auto& output = *static_cast<CodestreamOutput*>(self);
    if (to < 0 || !output.reach(static_cast<std::size_t>(to))) return OPJ_FALSE;
    output.at = static_cast<std::size_t>(to);
    return OPJ_TRUE;
  }
};

using EncodedImage = std::unique_ptr<opj_image_t, FreeJ2k<opj_image_destroy>>;

template <class Sample>
void copy_components(const Frame& frame, const opj_image_t& image) {
  const std::size_t pixels = std::size_t{image.comps[0].w} * image.comps[0].h;
  for (OPJ_UINT32 i = 0; i < image.numcomps; ++i) {
    const std::byte* from = frame.data.data() + i * sizeof(Sample);
    for (std::size_t n = 0; n < pixels; ++n, from += image.numcomps * sizeof(Sample)) {
      Sample sample;
      std::memcpy(&sample, from, sizeof(Sample));
      image.comps[i].data[n] = sample;
    }
  }
}

EncodedImage image_of(const Frame& frame) {
  const PixelDescription& pixels = frame.pixels;
  opj_image_cmptparm_t components[3] = {};
  const auto count = static_cast<OPJ_UINT32>(pixels.samples_per_pixel);
  for (auto& component : std::span(components).first(count)) {
    component.dx = component.dy = 1;
    component.w = static_cast<OPJ_UINT32>(pixels.columns);
    component.h = static_cast<OPJ_UINT32>(pixels.rows);
    component.prec = static_cast<OPJ_UINT32>(pixels.bits_stored);
    component.sgnd = pixels.is_signed ? 1 : 0;
  }
  EncodedImage image(
      opj_image_create(count, components, count == 3 ? OPJ_CLRSPC_SRGB : OPJ_CLRSPC_GRAY));
  if (!image) return image;
  image->x1 = static_cast<OPJ_UINT32>(pixels.columns);
  image->y1 = static_cast<OPJ_UINT32>(pixels.rows);
  if (frame.bytes_per_sample() == 1) {
    pixels.is_signed ? copy_components<std::int8_t>(frame, *image)
                     : copy_components<std::uint8_t>(frame, *image);
  } else {
    pixels.is_signed ? copy_components<std::int16_t>(frame, *image)
                     : copy_components<std::uint16_t>(frame, *image);
  }
  return image;
}

}  // namespace

Result<std::string> encode_jpeg_2000(const Frame& frame) {
  const Error failed{Errc::not_supported, "JPEG 2000: the encoder gave up"};
  const auto image = image_of(frame);
  const std::unique_ptr<opj_codec_t, FreeJ2k<opj_destroy_codec>> codec(
      opj_create_compress(OPJ_CODEC_J2K));
  if (!image || !codec) return failed;
  const auto ignore = [](const char*, void*) {};
  opj_set_info_handler(codec.get(), ignore, nullptr);
  opj_set_warning_handler(codec.get(), ignore, nullptr);
  opj_set_error_handler(codec.get(), ignore, nullptr);
  opj_cparameters_t parameters;
  opj_set_default_encoder_parameters(&parameters);
  parameters.irreversible = 0;
  parameters.tcp_numlayers = 1;
  parameters.tcp_rates[0] = 0;
  parameters.cp_disto_alloc = 1;
  parameters.tcp_mct = frame.pixels.photometric_interpretation == "RGB" ? 1 : 0;
  // Not more halvings than the shorter side has.
  const auto side = static_cast<unsigned>(std::min(frame.pixels.rows, frame.pixels.columns));
  parameters.numresolution = std::min(kResolutionsMax, static_cast<int>(std::bit_width(side)));
  if (!opj_setup_encoder(codec.get(), &parameters, image.get())) return failed;
  CodestreamOutput output;
  const std::unique_ptr<opj_stream_t, FreeJ2k<opj_stream_destroy>> stream(
      opj_stream_default_create(OPJ_FALSE));
  if (!stream) return failed;
  opj_stream_set_user_data(stream.get(), &output, nullptr);
  opj_stream_set_write_function(stream.get(), CodestreamOutput::write);
  opj_stream_set_skip_function(stream.get(), CodestreamOutput::skip);
  opj_stream_set_seek_function(stream.get(), CodestreamOutput::seek);
  if (!opj_start_compress(codec.get(), image.get(), stream.get()) ||
      !opj_encode(codec.get(), stream.get()) || !opj_end_compress(codec.get(), stream.get()))
    return failed;
  return std::move(output.bytes);
}

}  // namespace dcmfs
