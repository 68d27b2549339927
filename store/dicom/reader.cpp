#include "store/dicom/reader.h"

#include <algorithm>

#include "store/dicom/binary.h"
#include "store/dicom/dataset_reader.h"
#include "store/dicom/read_ahead.h"

namespace dcmfs {
namespace {

constexpr std::int64_t kInflatedBytesMax = std::int64_t{4} << 30;
// Enough for the first elements of a data set to be recognised.
constexpr std::size_t kRecogniseBytes = 1024;
constexpr std::uint16_t kCommandGroup = 0x0000, kMetaGroup = 0x0002;

std::string_view from(std::string_view bytes, std::size_t offset) {
  return bytes.substr(std::min(offset, bytes.size()));
}

// Where the first element is; nullopt if the bytes do not look like DICOM.
std::optional<std::int64_t> find_start(std::string_view head, std::int64_t size) {
  constexpr std::size_t kAfterPrefix = kPreambleBytes + kPrefix.size();
  const auto looks_good = [&](std::size_t at) {
    return recognise_encoding(from(head, at), size - static_cast<std::int64_t>(at)).has_value();
  };
  const bool prefix = from(head, kPreambleBytes).starts_with(kPrefix);
  if (prefix && looks_good(kAfterPrefix)) return kAfterPrefix;
  if (head.starts_with(kPrefix)) return kPrefix.size();
  if (looks_good(0)) return 0;  // also where the data have "DICM" in the place of the prefix
  if (prefix) return kAfterPrefix;
  if (looks_good(kPreambleBytes)) return kPreambleBytes;
  return std::nullopt;
}

// PS3.5 9.1 pads with NUL; spaces and worse are seen.
std::string clean_uid(const Dataset& meta) {
  const std::string uid = meta.text_or(tags::TransferSyntaxUID, "");
  return uid.substr(0, uid.find_first_not_of("0123456789."));
}

Encoding encoding_of(const TransferSyntax& syntax) {
  return {.implicit_vr = syntax.implicit_vr, .big_endian = syntax.big_endian};
}

const TransferSyntax* plain_syntax(Encoding encoding) {
  if (encoding.implicit_vr) {
    return encoding.big_endian ? nullptr : find_transfer_syntax(uids::ImplicitVRLittleEndian);
  }
  return find_transfer_syntax(encoding.big_endian ? uids::ExplicitVRBigEndian
                                                  : uids::ExplicitVRLittleEndian);
}

class FileReader {
 public:
  FileReader(ByteSource& file, const ReadOptions& options)
      : file_(file), value_bytes_max_(std::max<std::int64_t>(options.value_bytes_max, 0)) {}

  Result<DicomFile> read() {
    ReadAhead bytes(file_);
    const std::string_view head = bytes.peek(kRecogniseBytes);
    if (bytes.failure()) return *bytes.failure();
    if (head.empty()) return Error{Errc::not_dicom, "the file is empty"};
    const auto start = find_start(head, available(bytes));
    if (!start) return Error{Errc::not_dicom, "the file does not look like DICOM"};
    bytes.skip(*start);
    read_meta(bytes);
    answer_.dataset_offset = bytes.position();
    answer_.syntax_uid = clean_uid(answer_.meta);
    answer_.syntax = find_transfer_syntax(answer_.syntax_uid);

    if (is_deflated(bytes)) {
      answer_.content = inflated_source(file_, answer_.dataset_offset, kInflatedBytesMax);
      ReadAhead inflated(*answer_.content);
      return read_dataset(inflated);
    }
    // Shares nothing: the caller keeps the file alive.
    answer_.content = std::shared_ptr<ByteSource>(std::shared_ptr<ByteSource>(), &file_);
    return read_dataset(bytes);
  }

 private:
  void read_meta(ReadAhead& bytes) {
    DatasetReader reader(bytes, value_bytes_max_);
    reader.read_group(answer_.meta, encoding_at(bytes, kExplicitLittleEndian), kMetaGroup);
    answer_.truncated = reader.truncated();
    refusal_ = reader.refusal();
    skip_foreign_groups(bytes);
  }

  // A command (PS3.7) or a second meta header before the data set, as some programs dump them.
  void skip_foreign_groups(ReadAhead& bytes) {
    for (std::uint16_t group : {kCommandGroup, kMetaGroup}) {
      const auto encoding = recognise_encoding(bytes.peek(kRecogniseBytes), available(bytes));
      if (!encoding) return;
      Dataset ignored;
      DatasetReader(bytes, value_bytes_max_).read_group(ignored, *encoding, group);
    }
  }

  static Encoding encoding_at(ReadAhead& bytes, Encoding declared) {
    return correct_encoding(bytes.peek(kHeaderBytesMin), declared);
  }

  std::int64_t available(const ReadAhead& bytes) const {
    return file_.size() == ByteSource::kUnknown ? INT64_MAX : file_.size() - bytes.position();
  }

  // Declared so, and it does not look like a data set as it is.
  bool is_deflated(ReadAhead& bytes) {
    if (answer_.syntax == nullptr || !answer_.syntax->deflated) return false;
    const auto plain = recognise_encoding(bytes.peek(kRecogniseBytes), available(bytes));
    if (!plain) return true;
    answer_.syntax = plain_syntax(*plain);
    return false;
  }

  Encoding settle_encoding(ReadAhead& bytes) {
    // PS3.5 10.1: the default where nothing is declared. An unknown syntax is a private
    // compression, as a rule, and those are explicit (PS3.5 A.4).
    const Encoding usual =
        answer_.syntax_uid.empty() ? kImplicitLittleEndian : kExplicitLittleEndian;
    const Encoding declared = answer_.syntax != nullptr ? encoding_of(*answer_.syntax) : usual;
    const Encoding found = encoding_at(bytes, declared);
    const bool plain =
        answer_.syntax != nullptr && !answer_.syntax->encapsulated && !answer_.syntax->deflated;
    if (answer_.syntax_uid.empty() || (plain && found != declared)) {
      answer_.syntax = plain_syntax(found);
    }
    if (answer_.syntax != nullptr) answer_.syntax_uid = answer_.syntax->uid;
    answer_.big_endian = found.big_endian;
    return found;
  }

  Result<DicomFile> read_dataset(ReadAhead& bytes) {
    if (refusal_) return *std::move(refusal_);
    DatasetReader reader(bytes, value_bytes_max_);
    reader.read_dataset(answer_.dataset, settle_encoding(bytes));
    if (reader.refusal()) return *reader.refusal();
    answer_.truncated = answer_.truncated || reader.truncated();
    if (bytes.failure()) {
      // A damaged deflate stream is one that ends early.
      if (bytes.failure()->code != Errc::corrupt) return *bytes.failure();
      answer_.truncated = true;
    }
    if (answer_.syntax != nullptr && answer_.syntax->big_endian_pixels && !answer_.big_endian) {
      swap_pixels();
    }
    if (answer_.dataset.empty()) return Error{Errc::corrupt, "there is no data set in the file"};
    return std::move(answer_);
  }

  // Of the private syntax whose pixels are in another order than everything else.
  void swap_pixels() {
    const Element* found = answer_.dataset.find(tags::PixelData);
    if (found == nullptr || found->value.empty()) return;
    Element pixels = *found;
    swap_bytes(pixels.value.data(), pixels.value.size(), byte_order_unit(pixels, answer_.dataset));
    answer_.dataset.set(std::move(pixels));
  }

  ByteSource& file_;
  const std::int64_t value_bytes_max_;
  DicomFile answer_;
  std::optional<Error> refusal_;
};

// All of `source`, which is a group of elements or (without `group`) a data set.
Result<Dataset> read_bare(ByteSource& source, Encoding encoding, const BareLimits& limits,
                          std::optional<std::uint16_t> group) {
  ReadAhead bytes(source);
  // Nothing stays on disk, where there is none.
  DatasetReader reader(bytes, limits.bytes_max, limits.elements_max);
  Dataset dataset;
  if (group) {
    reader.read_group(dataset, encoding, *group);
  } else {
    reader.read_dataset(dataset, encoding);
  }
  if (bytes.failure()) return *bytes.failure();
  if (reader.refusal()) return *reader.refusal();
  const bool ended = !group || bytes.peek(1).empty();
  if (reader.truncated() || !ended) return Error{Errc::corrupt, "not a whole data set"};
  return dataset;
}

Error over_bare_limit(const BareLimits& limits) {
  return {Errc::too_large, "more than " + std::to_string(limits.bytes_max) + " bytes"};
}

Result<std::string> read_items(const DicomFile& file, const Element& element,
                               std::int64_t bytes_max) {
  std::int64_t end = element.offset;
  for (;;) {
    DCMFS_TRY(const std::string head, read_bytes(file, end, kHeaderBytesMin));
    const auto item = parse_header(head, {.implicit_vr = true, .big_endian = file.big_endian});
    if (!item || item->tag != kItem || item->length == Element::kUndefinedLength) break;
    const std::int64_t next = end + item->size + item->length;
    if (next - element.offset > bytes_max) break;
    end = next;
  }
  return read_bytes(file, element.offset, end - element.offset);
}

bool is_part_of(const Element& part, const Element* whole) {
  return whole != nullptr && part.offset >= whole->offset &&
         part.offset < whole->offset + whole->length;
}

}  // namespace

Result<DicomFile> read_dicom(ByteSource& file, const ReadOptions& options) {
  return FileReader(file, options).read();
}

Result<Dataset> read_bare_dataset(std::string_view bytes, const TransferSyntax& syntax,
                                  const BareLimits& limits) {
  if (static_cast<std::int64_t>(bytes.size()) > limits.bytes_max) return over_bare_limit(limits);
  const auto source = memory_source(bytes);
  if (!syntax.deflated) return read_bare(*source, encoding_of(syntax), limits, std::nullopt);
  const auto inflated = inflated_source(*source, 0, limits.bytes_max);
  return read_bare(*inflated, encoding_of(syntax), limits, std::nullopt);
}

Result<Dataset> read_command_group(std::string_view bytes, const BareLimits& limits) {
  if (static_cast<std::int64_t>(bytes.size()) > limits.bytes_max) return over_bare_limit(limits);
  // PS3.7 6.3.1: whatever was negotiated.
  return read_bare(*memory_source(bytes), kImplicitLittleEndian, limits, kCommandGroup);
}

Result<std::string> read_value(const DicomFile& file, const Element& element,
                               std::int64_t bytes_max) {
  if (!element.on_disk()) {
    return element.value.substr(0, static_cast<std::size_t>(std::max<std::int64_t>(bytes_max, 0)));
  }
  if (element.length == Element::kUndefinedLength) return read_items(file, element, bytes_max);
  DCMFS_TRY(std::string bytes,
            read_bytes(file, element.offset, std::min(element.length, bytes_max)));
  const bool big_endian_pixels =
      element.tag == tags::PixelData && file.syntax != nullptr && file.syntax->big_endian_pixels;
  if (file.big_endian || big_endian_pixels) {
    const bool top = is_part_of(element, file.dataset.find(element.tag));
    swap_bytes(bytes.data(), bytes.size(),
               byte_order_unit(element, top ? file.dataset : Dataset()));
  }
  return bytes;
}

Result<std::string> read_bytes(const DicomFile& file, std::int64_t offset, std::int64_t length) {
  // In steps: the length may be a lie and the size of the source unknown.
  constexpr std::int64_t kStep = 16 << 20;
  std::string bytes;
  while (static_cast<std::int64_t>(bytes.size()) < length) {
    const std::size_t before = bytes.size();
    const auto rest = length - static_cast<std::int64_t>(before);
    bytes.resize(before + static_cast<std::size_t>(std::min(rest, kStep)));
    const auto into = std::as_writable_bytes(std::span(bytes).subspan(before));
    auto got = file.content->read(offset + static_cast<std::int64_t>(before), into);
    // The rest of a damaged deflate stream is missing as the rest of a short file is.
    if (!got && got.error().code != Errc::corrupt) return std::move(got).error();
    const std::size_t size = got ? *got : 0;
    bytes.resize(before + size);
    if (size < into.size()) break;
  }
  return bytes;
}

}  // namespace dcmfs
