#include "rest/orthanc/numpy.h"

#include <charconv>
#include <cstring>

#include "rest/http/known_etag.h"
#include "rest/orthanc/open_instance.h"
#include "rest/orthanc/resource_id.h"
#include "rest/orthanc/slices.h"
#include "rest/services.h"
#include "store/image/numeric.h"
#include "store/zip_stream.h"

namespace dcmfs::rest {
namespace {

constexpr int kNpzLevel = 1;
constexpr std::size_t kNpyAlignment = 64;  // of the data, says NumPy's format

// NumPy's name for the type of the samples, on a little-endian machine.
std::string_view dtype(const Frame& frame) {
  const bool is_signed = frame.pixels.is_signed;
  if (frame.pixels.type == PixelType::float32) return "<f4";
  if (frame.pixels.type == PixelType::float64) return "<f8";
  switch (frame.bytes_per_sample()) {
    case 1:
      return is_signed ? "|i1" : "|u1";
    case 2:
      return is_signed ? "<i2" : "<u2";
    default:
      return is_signed ? "<i4" : "<u4";
  }
}

// NumPy's format 1.0. `frames`: nullopt for one frame, which has a dimension less.
std::string npy_header(const Frame& frame, std::optional<std::int64_t> frames) {
  std::string shape;
  if (frames) shape = std::to_string(*frames) + ", ";
  shape += std::to_string(frame.pixels.rows) + ", " + std::to_string(frame.pixels.columns) + ", " +
           std::to_string(frame.pixels.samples_per_pixel);
  std::string text = "{'descr': '" + std::string(dtype(frame)) +
                     "', 'fortran_order': False, 'shape': (" + shape + "), }";
  constexpr std::string_view kMagic("\x93NUMPY\x01\x00", 8);
  const std::size_t used = kMagic.size() + 2 + text.size() + 1;
  text.append((kNpyAlignment - used % kNpyAlignment) % kNpyAlignment, ' ').append(1, '\n');
  std::string out(kMagic);
  out += static_cast<char>(text.size() & 0xff);
  out += static_cast<char>(text.size() >> 8);
  return out + text;
}

enum class Values { stored, rescaled };

Result<Frame> numbers_of(const OpenInstance& instance, const PixelDescription& pixels, int number,
                         Values values) {
  DCMFS_TRY(Frame frame, decodable(numeric_frame(instance.file.dicom(), pixels, number)));
  if (values == Values::rescaled) return rescaled(instance.file.dicom(), std::move(frame), number);
  return frame;
}

Values values_of(const Request& request) {
  return request.query.find("rescale") == nullptr || request.query.flag("rescale")
             ? Values::rescaled
             : Values::stored;
}

// A stack of frames that are decoded one after the other, each when it is read.
class NpySource : public Source {
 public:
  struct Part {  // an instance and how many frames of it, from `first`
    RowId instance{};
    int first = 0, frames = 1;
  };

  // The first frame is decoded at once: what is wrong with all of them is an error of the request.
  static Result<std::unique_ptr<NpySource>> make(const Services& services, std::vector<Part> parts,
                                                 Values values, bool is_stack) {
    std::unique_ptr<NpySource> out(new NpySource(services, std::move(parts), values));
    DCMFS_CHECK(out->open(0));
    DCMFS_CHECK(out->decode());
    std::int64_t frames = 0;
    for (const Part& part : out->parts_) frames += part.frames;
    out->header_ = npy_header(out->frame_, is_stack ? std::optional(frames) : std::nullopt);
    out->size_ = std::ssize(out->header_) + frames * std::ssize(out->frame_.data);
    return out;
  }

  std::int64_t size() const { return size_; }

  Result<std::size_t> read(std::span<std::byte> into) override {
    std::size_t done = take(into, std::as_bytes(std::span(header_)), header_given_);
    while (done < into.size()) {
      if (frame_given_ == frame_.data.size()) {
        DCMFS_TRY(const bool more, next());
        if (!more) break;
      }
      done += take(into.subspan(done), frame_.data, frame_given_);
    }
    return done;
  }

 private:
  NpySource(const Services& services, std::vector<Part> parts, Values values)
      : services_(services), parts_(std::move(parts)), values_(values) {}

  static std::size_t take(std::span<std::byte> into, std::span<const std::byte> from,
                          std::size_t& given) {
    const auto bytes = std::min(into.size(), from.size() - given);
    if (bytes > 0) std::memcpy(into.data(), from.data() + given, bytes);
    given += bytes;
    return bytes;
  }

  Result<> open(std::size_t part) {
    part_ = part;
    DCMFS_TRY(instance_, open_instance(services_, parts_[part].instance));
    DCMFS_TRY(pixels_, decodable_pixels(instance_->file.dicom()));
    number_ = parts_[part].first;
    if (parts_[part].first + parts_[part].frames > pixels_.frames) return unlike();
    return {};
  }

  Result<> decode() {
    DCMFS_TRY(Frame frame, numbers_of(*instance_, pixels_, number_, values_));
    const bool is_first = frame_.data.empty();
    if (!is_first &&
        (frame.pixels.rows != frame_.pixels.rows || frame.pixels.columns != frame_.pixels.columns ||
         frame.pixels.samples_per_pixel != frame_.pixels.samples_per_pixel ||
         dtype(frame) != dtype(frame_)))
      return unlike();
    frame_ = std::move(frame);
    frame_given_ = 0;
    return {};
  }

  Result<bool> next() {
    const Part& part = parts_[part_];
    if (++number_ == part.first + part.frames) {
      if (part_ + 1 == parts_.size()) {
        --number_;  // asked again, it is the end again
        return false;
      }
      DCMFS_CHECK(open(part_ + 1));
    }
    DCMFS_CHECK(decode());
    return true;
  }

  static Error unlike() {
    return {Errc::invalid_argument, "the images are of different sizes or kinds"};
  }

  const Services services_;
  const std::vector<Part> parts_;
  const Values values_;
  std::string header_;
  std::size_t header_given_ = 0;
  std::int64_t size_ = 0;
  std::size_t part_ = 0;
  std::optional<OpenInstance> instance_;  // of that part
  PixelDescription pixels_;
  int number_ = 0;  // of the frame
  Frame frame_;
  std::size_t frame_given_ = 0;
};

// NumPy's .npz of one array.
class NpzSource : public Source {
 public:
  explicit NpzSource(std::unique_ptr<NpySource> array)
      : array_(std::move(array)), zip_([this] { return next(); }, kNpzLevel) {}
  Result<std::size_t> read(std::span<std::byte> into) override { return zip_.read(into); }

 private:
  Result<std::optional<ZipStream::Member>> next() {
    if (begun_) return std::optional<ZipStream::Member>();
    begun_ = true;
    return std::optional(
        ZipStream::Member{"arr_0.npy", {}, [this](auto into) { return array_->read(into); }});
  }

  std::unique_ptr<NpySource> array_;
  bool begun_ = false;
  ZipStream zip_;
};

// `etag` without what the query wants; "": there is none.
Result<Response> stack(const Services& services, const Request& request,
                       std::vector<NpySource::Part> parts, bool is_stack, std::string etag) {
  const auto values = values_of(request);
  if (!etag.empty() && values == Values::rescaled) etag += ".rescaled";
  if (!etag.empty() && request.query.flag("compress")) etag += ".npz";
  Response response{.type = "application/octet-stream", .etag = std::move(etag)};
  if (!response.etag.empty() && client_has(request, response.etag)) return response;
  DCMFS_TRY(auto source, NpySource::make(services, std::move(parts), values, is_stack));
  if (request.query.flag("compress")) {
    response.body = Streamed{std::make_unique<NpzSource>(std::move(source)), std::nullopt};
  } else {
    const auto size = source->size();
    response.body = Streamed{std::move(source), size};
  }
  return response;
}

template <class Value>
void append_number(std::string& out, Value value) {
  char text[32];
  out.append(text, std::to_chars(text, text + sizeof text, value).ptr);
}

}  // namespace

Result<Response> instance_numpy(const Services& services, Request& request) {
  DCMFS_TRY(const Key key, find_resource(services, Level::instance, request.part("id")));
  DCMFS_TRY(const auto instance, open_instance(services, key.row));
  DCMFS_TRY(const auto pixels, decodable_pixels(instance.file.dicom()));
  return stack(services, request, {{key.row, 0, pixels.frames}}, true,
               etag_of(instance.stored, "npy"));
}

Result<Response> frame_numpy(const Services& services, Request& request) {
  DCMFS_TRY(const Key key, find_resource(services, Level::instance, request.part("id")));
  DCMFS_TRY(const OpenFrame frame, open_frame(services, request));
  return stack(services, request, {{key.row, frame.number, 1}}, false,
               etag_of(frame.instance.stored, "npy." + std::to_string(frame.number)));
}

Result<Response> series_numpy(const Services& services, Request& request) {
  DCMFS_TRY(const Key key, find_resource(services, Level::series, request.part("id")));
  DCMFS_TRY(const auto ordered, ordered_slices_of(services.store, key));
  std::vector<NpySource::Part> parts;
  std::optional<PixelDescription> first;
  for (const Slice& slice : ordered.slices) {
    DCMFS_TRY(const auto instance, open_instance(services, slice.instance.key.row));
    DCMFS_TRY(const auto pixels, decodable_pixels(instance.file.dicom()));
    if (!first) first = pixels;
    if (pixels.rows != first->rows || pixels.columns != first->columns ||
        pixels.channels() != first->channels())
      return Error{Errc::invalid_argument, "the images of this series are of different sizes"};
    parts.push_back({slice.instance.key.row, 0, pixels.frames});
  }
  if (parts.empty()) return Error{Errc::not_found, "this series is empty"};
  return stack(services, request, std::move(parts), true, {});
}

Result<Response> matlab(const Services& services, Request& request) {
  DCMFS_TRY(const OpenFrame asked, open_frame(services, request));
  const auto etag = etag_of(asked.instance.stored, "matlab." + std::to_string(asked.number));
  if (client_has(request, etag)) return Response{.type = "text/plain", .etag = etag};
  DCMFS_TRY(const Frame frame,
            numbers_of(asked.instance, asked.pixels, asked.number, Values::stored));
  const auto samples = static_cast<std::size_t>(frame.pixels.samples_per_pixel);
  const auto columns = static_cast<std::size_t>(frame.pixels.columns);
  std::string out = samples == 1 ? "double([ " : "double(permute(reshape([ ";
  with_values(frame, [&](auto values) {
    for (std::size_t i = 0; i < values.size(); ++i) {
      if (samples == 1 && i > 0 && i % columns == 0) out += "; ";
      append_number(out, values[i]);
      out += ' ';
    }
  });
  out += samples == 1 ? "])"
                      : "], [ " + std::to_string(samples) + ' ' + std::to_string(columns) + ' ' +
                            std::to_string(frame.pixels.rows) + " ]), [ 3 2 1 ]))";
  auto response = text_response(std::move(out));
  response.etag = etag;
  return response;
}

}  // namespace dcmfs::rest
