// JPEG 2000 and High-Throughput JPEG 2000 through OpenJPEG.
#include <algorithm>
#include <cstring>
#include <memory>

#include <openjpeg.h>

#include "store/image/codec.h"

namespace dcmfs {
namespace {

// OpenJPEG keeps 4 bytes for a sample, whatever its precision.
constexpr std::int64_t kDecodedBytesMax = std::int64_t{1} << 30;

template <auto kFree>
struct Free {
  template <class Object>
  void operator()(Object* object) const {
    kFree(object);
  }
};
using CodecHandle = std::unique_ptr<opj_codec_t, Free<opj_destroy_codec>>;
using StreamHandle = std::unique_ptr<opj_stream_t, Free<opj_stream_destroy>>;
using ImageHandle = std::unique_ptr<opj_image_t, Free<opj_image_destroy>>;

// The codestream as OpenJPEG reads it. Its callbacks are C: nothing here throws.
struct Input {
  std::string_view bytes;
  std::size_t at = 0;

  static OPJ_SIZE_T read(void* buffer, OPJ_SIZE_T count, void* self) {
    auto& input = *static_cast<Input*>(self);
    const std::size_t got = std::min(count, input.bytes.size() - input.at);
    if (got == 0) return static_cast<OPJ_SIZE_T>(-1);
    std::memcpy(buffer, input.bytes.data() + input.at, got);
    input.at += got;
    return got;
  }
  static OPJ_OFF_T skip(OPJ_OFF_T count, void* self) {
    auto& input = *static_cast<Input*>(self);
    const auto left = static_cast<OPJ_OFF_T>(input.bytes.size() - input.at);
    const OPJ_OFF_T skipped = std::clamp<OPJ_OFF_T>(count, 0, left);
    input.at += static_cast<std::size_t>(skipped);
    return skipped == 0 && count > 0 ? -1 : skipped;
  }
  static OPJ_BOOL seek(OPJ_OFF_T to, void* self) {
    auto& input = *static_cast<Input*>(self);
    if (to < 0 || static_cast<std::size_t>(to) > input.bytes.size()) return OPJ_FALSE;
    input.at = static_cast<std::size_t>(to);
    return OPJ_TRUE;
  }
};

void ignore_message(const char*, void*) {}

StreamHandle open_stream(Input& input) {
  StreamHandle stream(opj_stream_default_create(OPJ_TRUE));
  if (!stream) return stream;
  opj_stream_set_user_data(stream.get(), &input, nullptr);
  opj_stream_set_user_data_length(stream.get(), input.bytes.size());
  opj_stream_set_read_function(stream.get(), Input::read);
  opj_stream_set_skip_function(stream.get(), Input::skip);
  opj_stream_set_seek_function(stream.get(), Input::seek);
  return stream;
}

Result<ImageHandle> decode(std::string_view bytes) {
  const Error failed{Errc::corrupt, "a damaged JPEG 2000 codestream"};
  Input input{jpeg_2000_codestream(bytes)};
  const auto stream = open_stream(input);
  const CodecHandle codec(opj_create_decompress(OPJ_CODEC_J2K));
  if (!stream || !codec) return failed;
  opj_set_info_handler(codec.get(), ignore_message, nullptr);
  opj_set_warning_handler(codec.get(), ignore_message, nullptr);
  opj_set_error_handler(codec.get(), ignore_message, nullptr);
  opj_dparameters_t parameters;
  opj_set_default_decoder_parameters(&parameters);
  // Strict: a codestream cut short is an error, not a blurred picture.
  if (!opj_setup_decoder(codec.get(), &parameters) ||
      !opj_decoder_set_strict_mode(codec.get(), OPJ_TRUE)) {
    return failed;
  }
  opj_image_t* header = nullptr;
  const OPJ_BOOL has_header = opj_read_header(stream.get(), codec.get(), &header);
  ImageHandle image(header);
  if (!has_header || !image || !opj_decode(codec.get(), stream.get(), image.get())) return failed;
  return image;
}

// What parse_jpeg_2000_header promised of every component.
bool is_as_promised(const opj_image_t& image, const CodestreamHeader& header) {
  if (image.numcomps != static_cast<OPJ_UINT32>(header.components)) return false;
  return std::all_of(image.comps, image.comps + image.numcomps, [&](const auto& component) {
    return component.data && component.w == static_cast<OPJ_UINT32>(header.columns) &&
           component.h == static_cast<OPJ_UINT32>(header.rows) &&
           component.prec == static_cast<OPJ_UINT32>(header.precision);
  });
}

template <class Sample>
void copy_samples(const opj_image_t& image, std::byte* out) {
  const std::size_t pixels = std::size_t{image.comps[0].w} * image.comps[0].h;
  const std::size_t stride = image.numcomps * sizeof(Sample);
  for (OPJ_UINT32 i = 0; i < image.numcomps; ++i) {
    const OPJ_INT32* from = image.comps[i].data;
    std::byte* to = out + i * sizeof(Sample);
    for (std::size_t pixel = 0; pixel < pixels; ++pixel, to += stride) {
      const auto sample = static_cast<Sample>(from[pixel]);
      std::memcpy(to, &sample, sizeof(Sample));
    }
  }
}

}  // namespace

Result<Samples> decode_jpeg_2000(std::string_view bytes, const CodestreamHeader& header,
                                 const PixelDescription& pixels) {
  const std::int64_t samples = std::int64_t{header.rows} * header.columns * header.components;
  if (samples > kDecodedBytesMax / 4)
    return Error{Errc::not_supported, "a JPEG 2000 frame too large"};
  DCMFS_TRY(const auto image, decode(bytes));
  if (!is_as_promised(*image, header)) {
    return Error{Errc::corrupt, "a JPEG 2000 codestream of components that differ from its header"};
  }
  Samples out;
  out.bits = header.precision;
  out.bytes = header.precision <= 8 ? 1 : header.precision <= 16 ? 2 : 4;
  out.overshoots = header.lossy && header.is_signed == pixels.is_signed;
  out.photometric_interpretation = header.photometric_interpretation;
  out.data.assign(static_cast<std::size_t>(samples) * static_cast<std::size_t>(out.bytes), {});
  switch (out.bytes) {
    case 1:
      copy_samples<std::uint8_t>(*image, out.data.data());
      break;
    case 2:
      copy_samples<std::uint16_t>(*image, out.data.data());
      break;
    default:
      copy_samples<std::uint32_t>(*image, out.data.data());
      break;
  }
  return out;
}

}  // namespace dcmfs
