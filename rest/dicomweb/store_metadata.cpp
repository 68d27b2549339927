#include "rest/dicomweb/store_metadata.h"

#include <algorithm>
#include <map>

#include "rest/dicomweb/negotiation.h"
#include "rest/dicomweb/pixel_media.h"
#include "rest/http/intake.h"
#include "rest/http/media_type.h"
#include "store/dicom/json_reader.h"
#include "store/dicom/native_model_reader.h"
#include "store/dicom/reader.h"
#include "store/encapsulate.h"
#include "store/image/codec.h"
#include "store/image/image.h"
#include "store/read_at.h"
#include "store/transcode.h"

namespace dcmfs::rest {
namespace {

constexpr std::int64_t kMetadataBytesMax = std::int64_t{256} << 20;
constexpr std::int64_t kInMemoryBytesMax = 64 << 10;  // longer values are copied from the spool
constexpr std::int64_t kFrameFileBytesMax = std::int64_t{1} << 30;

// A part that is a value, or a frame of one.
struct SentPart {
  mutable Body body;         // short ones have no file; that of a long one rests (intake.h)
  std::int64_t begin, size;  // where it is in all of them, one behind the other
  MediaType type;
  std::string location;

  Result<std::size_t> read(std::int64_t offset, std::span<std::byte> into) const {
    if (!body.file) return memory_source(body.text)->read(offset, into);
    DCMFS_CHECK(body.file->wake());
    auto n = read_at(body.file->fd(), offset, into, "reading a part from the spool");
    body.file->rest();
    return n;
  }
};

// All parts as one source, so that a data set can say where its values are.
class PartsSource : public ByteSource {
 public:
  explicit PartsSource(const std::vector<SentPart>& parts) : parts_(parts) {}

  Result<std::size_t> read(std::int64_t offset, std::span<std::byte> into) override {
    const SentPart* part = find(offset);
    if (part == nullptr) return std::size_t{0};
    const auto left = part->begin + part->size - offset;
    const auto wanted = into.first(std::min(into.size(), static_cast<std::size_t>(left)));
    return part->read(offset - part->begin, wanted);
  }
  std::int64_t size() const override {
    return parts_.empty() ? 0 : parts_.back().begin + parts_.back().size;
  }

  const SentPart* find(std::int64_t offset) const {
    const auto after = std::ranges::upper_bound(parts_, offset, {}, &SentPart::begin);
    if (after == parts_.begin() || offset >= std::prev(after)->begin + std::prev(after)->size)
      return nullptr;
    return &*std::prev(after);
  }

 private:
  const std::vector<SentPart>& parts_;
};

bool is_xml(const Part& part) {
  const auto type = MediaType::parse(header(part.headers, "Content-Type"));
  return type && type->name == kDicomXml;
}

// The data sets as an array of JSON, and how many parts they came in.
Result<std::string> metadata_of(std::vector<Part>& sent, std::size_t& parts) {
  parts = 1;
  if (!is_xml(sent.front())) return text_of(std::move(sent.front().body), kMetadataBytesMax);
  std::string json = "[";
  for (parts = 0; parts < sent.size() && is_xml(sent[parts]); ++parts) {
    DCMFS_TRY(const auto xml, text_of(std::move(sent[parts].body), kMetadataBytesMax));
    DCMFS_TRY(const auto one, json_of_native_model(xml));
    if (std::ssize(json) + std::ssize(one) > kMetadataBytesMax)
      return Error{Errc::too_large, "the metadata is too long"};
    json += (parts == 0 ? "" : ",") + one;
  }
  return json + ']';
}

// How a BulkDataURI would name it: RFC 2557 4.2, RFC 2392.
std::string location_of(const Headers& headers) {
  const auto location = header(headers, "Content-Location");
  if (!location.empty()) return std::string(location);
  auto id = header(headers, "Content-ID");
  if (id.size() < 2 || id.front() != '<' || id.back() != '>') return {};
  return "cid:" + std::string(id.substr(1, id.size() - 2));
}

// Of compressed pixel data; nullptr: it is native, or of a type that no transfer syntax has.
const TransferSyntax* syntax_of(const MediaType& type, std::string_view codestream) {
  const auto said = type.parameters.find("transfer-syntax");
  if (said != type.parameters.end()) {
    const auto* syntax = find_transfer_syntax(said->second);
    return syntax != nullptr && syntax->encapsulated ? syntax : nullptr;
  }
  const auto found = std::ranges::find(pixel_media(), type.name, &PixelMedia::type);
  if (found == pixel_media().end()) return nullptr;
  const auto* lossless = find_transfer_syntax(found->transfer_syntax);
  // Those that most pictures are of, which are not what the type means by itself.
  const Decoder* decoder = find_decoder(*lossless);
  const auto header = decoder != nullptr ? decoder->parse(codestream, std::ssize(codestream), {})
                                         : Error{Errc::not_supported, ""};
  if (!header || !header->lossy) return lossless;
  switch (lossless->codec) {
    case Codec::jpeg:
      return find_transfer_syntax(!header->sequential      ? "1.2.840.10008.1.2.4.55"
                                  : header->precision == 8 ? "1.2.840.10008.1.2.4.50"
                                                           : "1.2.840.10008.1.2.4.51");
    case Codec::jpeg_ls:
      return find_transfer_syntax("1.2.840.10008.1.2.4.81");
    case Codec::jpeg_2000:
      return find_transfer_syntax("1.2.840.10008.1.2.4.91");
    default:
      return lossless;
  }
}

bool is_native(const MediaType& type) {
  const auto said = type.parameters.find("transfer-syntax");
  return type.name == "application/octet-stream" &&
         (said == type.parameters.end() || said->second == uids::ExplicitVRLittleEndian);
}

bool is_indescribable(const Dataset& dataset, const TransferSyntax& syntax,
                      std::string_view codestream) {
  const Decoder* decoder = find_decoder(syntax);
  return decoder != nullptr && !dataset.contains(tags::Rows) &&
         !decoder->parse(codestream, std::ssize(codestream), {});
}

// PS3.18 10.5.2: the Image Pixel Description Macro may be left out where the codestream tells it.
void describe_by_codestream(Dataset& dataset, const TransferSyntax& syntax,
                            std::string_view codestream) {
  const Decoder* decoder = find_decoder(syntax);
  if (decoder == nullptr || dataset.contains(tags::Rows)) return;
  const auto header = decoder->parse(codestream, std::ssize(codestream), {});
  if (!header) return;
  const bool is_grey = header->components == 1;
  dataset.set_number(tags::Rows, header->rows);
  dataset.set_number(tags::Columns, header->columns);
  dataset.set_number(tags::SamplesPerPixel, header->components);
  if (!is_grey) dataset.set_number(tags::PlanarConfiguration, 0);
  dataset.set_number(tags::BitsAllocated, header->precision <= 8 ? 8 : 16);
  dataset.set_number(tags::BitsStored, header->precision);
  dataset.set_number(tags::HighBit, header->precision - 1);
  dataset.set_number(tags::PixelRepresentation, header->is_signed ? 1 : 0);
  // PS3.5 8.2: what a colour codestream is told as, by its codec.
  const auto colours = syntax.codec == Codec::jpeg_2000 ? (syntax.lossy ? "YBR_ICT" : "YBR_RCT")
                       : syntax.codec == Codec::jpeg && syntax.lossy ? "YBR_FULL_422"
                                                                     : "RGB";
  dataset.set_text(tags::PhotometricInterpretation, is_grey ? "MONOCHROME2" : colours);
  if (syntax.lossy) dataset.set_text(tags::LossyImageCompression, "01");
}

Result<std::string> bytes_of(const SentPart& part) {
  if (part.size > kFrameFileBytesMax) return Error{Errc::too_large, "a frame is too long"};
  std::string bytes(static_cast<std::size_t>(part.size), '\0');
  DCMFS_TRY(const auto n, part.read(0, std::as_writable_bytes(std::span(bytes))));
  bytes.resize(n);
  return bytes;
}

// Whether the pixels are what the attributes say.
bool fits(const SpoolFile& file) {
  const auto size = file.size();
  if (!size) return false;
  const auto source = file_source(file.fd(), *size);
  const auto read = read_dicom(*source);
  if (!read) return false;
  const auto pixels = describe_pixels(*read);
  return pixels || pixels.error().code != Errc::corrupt;
}

}  // namespace

struct SentInstances::State {
  explicit State(Store& of) : store(of) {}

  Store& store;
  std::vector<SentPart> parts;
  std::map<std::string, std::vector<std::size_t>, std::less<>> by_location;
  std::vector<JsonInstance> instances;
  std::size_t at = 0;

  Result<Element> element_of(Tag tag, Vr vr, std::string_view uri) const {
    const auto found = by_location.find(uri);
    if (found == by_location.end())
      return Error{Errc::invalid_argument, "a BulkDataURI of which no part was sent"};
    const SentPart& part = parts[found->second.front()];
    Element element;
    element.tag = tag;
    element.vr = vr;
    if (tag == tags::PixelData || part.size > kInMemoryBytesMax) {
      element.offset = part.begin;
      element.length = part.size;
      return element;
    }
    DCMFS_TRY(element.value, bytes_of(part));
    if (element.value.size() % 2 != 0) element.value += info(vr).padding;
    return element;
  }

  Result<SpoolFile> file_of_dataset(const Dataset& dataset, const TransferSyntax& syntax) const {
    DicomFile file;
    file.dataset = dataset;
    file.syntax = find_transfer_syntax(uids::ExplicitVRLittleEndian);
    file.syntax_uid = uids::ExplicitVRLittleEndian;
    file.content = std::make_shared<PartsSource>(parts);
    return write_file(store, file, syntax);
  }

  // `frames`: the parts of PixelData, one for each frame, or one for a video.
  Result<SpoolFile> compressed_file(Dataset& dataset, const TransferSyntax& syntax,
                                    const std::vector<std::size_t>& frames,
                                    std::string_view first) const {
    const auto count = dataset.integer(tags::NumberOfFrames).value_or(1);
    if (syntax.codec == Codec::video ? frames.size() != 1 : std::ssize(frames) != count)
      return Error{Errc::invalid_argument, "not as many parts as there are frames"};
    describe_by_codestream(dataset, syntax, first);
    dataset.erase_if([](const Element& element) { return element.tag >= tags::PixelData; });
    DCMFS_TRY(auto file, file_of_dataset(dataset, syntax));
    std::int64_t bytes = 0;
    for (const std::size_t frame : frames) bytes += parts[frame].size;
    EncapsulatedPixels pixels(file, offset_table_for(bytes));
    DCMFS_CHECK(pixels.begin(static_cast<int>(frames.size()), syntax));
    for (const std::size_t frame : frames) {
      DCMFS_TRY(auto codestream, bytes_of(parts[frame]));
      if (codestream.size() % 2 != 0) codestream += '\0';
      DCMFS_CHECK(pixels.append(codestream));
    }
    DCMFS_CHECK(pixels.end());
    return file;
  }

  // What is no attribute of an instance: the file's own, and what only servers tell.
  static WarningReason discard(Dataset& dataset) {
    const auto before = dataset.size();
    dataset.erase_if([](const Element& element) {
      return element.tag.group <= 2 || element.tag == tags::AvailableTransferSyntaxUID ||
             element.tag == tags::ExtendedOffsetTable ||
             element.tag == tags::ExtendedOffsetTableLengths;
    });
    return dataset.size() < before ? WarningReason::elements_discarded : WarningReason::none;
  }

  SentInstance instance(Dataset& dataset) const {
    SentInstance out;
    out.warning = discard(dataset);
    out.who = named_in(dataset);
    out.failure = FailureReason::cannot_understand;
    if (out.who->sop_class.empty() || out.who->uids.sop_instance.empty()) return out;
    const Element* data = dataset.find(tags::PixelData);
    const bool has_pixels = data != nullptr;
    const SentPart* part =
        has_pixels && data->on_disk() ? PartsSource(parts).find(data->offset) : nullptr;
    Result<SpoolFile> made =
        Error{Errc::not_supported, "pixel data of a type that no transfer syntax has"};
    if (part == nullptr || is_native(part->type)) {
      made = file_of_dataset(dataset, *find_transfer_syntax(uids::ExplicitVRLittleEndian));
    } else if (const auto first = bytes_of(*part)) {
      const auto* syntax = syntax_of(part->type, *first);
      // Nobody says what the picture is: neither the attributes nor a codestream that is none.
      if (syntax != nullptr && is_indescribable(dataset, *syntax, *first)) return out;
      out.failure = FailureReason::transfer_syntax_not_supported;
      if (syntax == nullptr) return out;
      made = compressed_file(dataset, *syntax, by_location.find(part->location)->second, *first);
    }
    if (!made) {
      out.failure = failure_reason(made.error().code);
      return out;
    }
    if (out.warning == WarningReason::none && has_pixels && !fits(*made))
      out.warning = WarningReason::does_not_match_sop_class;
    out.failure = FailureReason::none;
    out.file = *std::move(made);
    return out;
  }
};

SentInstances::SentInstances(std::unique_ptr<State> state) : state_(std::move(state)) {}
SentInstances::SentInstances(SentInstances&&) noexcept = default;
SentInstances::~SentInstances() = default;

Result<SentInstances> SentInstances::read(Store& store, std::vector<Part>&& sent) {
  auto state = std::make_unique<State>(store);
  if (sent.empty()) return Error{Errc::invalid_argument, "the body has no parts"};
  std::size_t described = 0;
  DCMFS_TRY(const auto json, metadata_of(sent, described));
  std::int64_t begin = 0;
  for (std::size_t i = described; i < sent.size(); ++i) {
    const auto location = location_of(sent[i].headers);
    if (location.empty())
      return Error{Errc::invalid_argument, "bulk data without a Content-Location"};
    auto type = MediaType::parse(header(sent[i].headers, "Content-Type"));
    Body body = std::move(sent[i].body);
    auto size = std::ssize(body.text);
    if (body.file) {
      DCMFS_TRY(size, body.file->size());
    }
    state->by_location[location].push_back(state->parts.size());
    state->parts.push_back({std::move(body), begin, size,
                            type ? *std::move(type) : MediaType{"application/octet-stream", {}, 1},
                            location});
    begin += size;
  }
  const State& found = *state;
  DCMFS_TRY(state->instances,
            read_json_instances(json, [&found](Tag tag, Vr vr, std::string_view uri) {
              return found.element_of(tag, vr, uri);
            }));
  if (state->instances.empty()) return Error{Errc::invalid_argument, "there are no instances"};
  return SentInstances(std::move(state));
}

std::optional<SentInstance> SentInstances::next() {
  if (state_->at == state_->instances.size()) return std::nullopt;
  auto& [dataset, identity] = state_->instances[state_->at++];
  if (dataset) return state_->instance(*dataset);
  SentInstance out;
  out.who = named_in(identity);
  out.failure = failure_reason(dataset.error().code);
  return out;
}

}  // namespace dcmfs::rest
