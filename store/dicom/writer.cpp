#include "store/dicom/writer.h"

#include <limits>

#include <zlib.h>

#include "store/dicom/binary.h"

namespace dcmfs {
namespace {

constexpr Tag kItem{0xfffe, 0xe000};
constexpr Tag kSequenceDelimitation{0xfffe, 0xe0dd};
constexpr std::size_t kLengthMax = 0xfffffffe;   // PS3.5 7.1: 32 bit, even
constexpr std::size_t kShortLengthMax = 0xfffe;  // PS3.5 7.1.2: 16 bit, even

class Encoder {
 public:
  explicit Encoder(const TransferSyntax& syntax) : syntax_(syntax) {}

  Result<> append(const Dataset& dataset) {
    for (const Element& element : dataset) {
      // Group lengths are retired (PS3.5 7.2); groups 0000 and 0002 are no part of a data set.
      if (element.tag.is_group_length() || element.tag.group <= 0x0002) continue;
      DCMFS_CHECK(append(element));
    }
    return {};
  }

  Result<> append(const Element& element) {
    if (element.vr == Vr::SQ) return append_sequence(element);
    if (element.on_disk()) {
      return Error{Errc::invalid_argument, to_string(element.tag) + ": the value is not in memory"};
    }
    if (is_encapsulated(element)) return append_encapsulated(element);
    const std::size_t padded = element.value.size() + element.value.size() % 2;
    if (padded > kLengthMax) return too_long(element.tag);
    // PS3.5 6.2.2 note 2: what is too long for its VR is written as UN.
    const bool fits = info(element.vr).long_length || padded <= kShortLengthMax;
    const Vr vr = fits || syntax_.implicit_vr ? element.vr : Vr::UN;
    append_header(element.tag, vr, static_cast<std::uint32_t>(padded));
    const std::size_t value = out_.size();
    out_ += element.value;
    if (padded != element.value.size()) out_.push_back(info(element.vr).padding);
    if (syntax_.big_endian && vr != Vr::UN) {
      swap_bytes(out_.data() + value, padded, info(vr).unit);
    }
    return {};
  }

  std::string take() && { return std::move(out_); }

 private:
  Result<> append_sequence(const Element& element) {
    append_header(element.tag, Vr::SQ, 0);
    const std::size_t sequence = out_.size();
    for (const Dataset& dataset : element.items) {
      append_tag(kItem);
      append32(0);
      const std::size_t item = out_.size();
      DCMFS_CHECK(append(dataset));
      if (out_.size() - item > kLengthMax) return too_long(element.tag);
      patch_length(item);
    }
    if (out_.size() - sequence > kLengthMax) return too_long(element.tag);
    patch_length(sequence);
    return {};
  }

  // PS3.5 A.4: items that are encoded already, then the delimiter.
  Result<> append_encapsulated(const Element& element) {
    append_header(element.tag, Vr::OB, kUndefined);
    out_ += element.value;
    append_tag(kSequenceDelimitation);
    append32(0);
    return {};
  }

  // An icon's PixelData may be native in an encapsulated syntax (PS3.5 A.4), so the value is asked
  // too.
  bool is_encapsulated(const Element& element) const {
    constexpr std::string_view kItemBytes("\xfe\xff\x00\xe0", 4);
    return element.length == Element::kUndefinedLength ||
           (element.tag == tags::PixelData && syntax_.encapsulated &&
            element.value.starts_with(kItemBytes));
  }

  void append_header(Tag tag, Vr vr, std::uint32_t length) {
    append_tag(tag);
    if (syntax_.implicit_vr) return append32(length);
    const VrInfo& row = info(vr);
    out_.append(row.name, 2);
    if (!row.long_length) return append16(static_cast<std::uint16_t>(length));
    append16(0);
    append32(length);
  }

  void append_tag(Tag tag) {
    append16(tag.group);
    append16(tag.element);
  }
  void append16(std::uint16_t number) {
    append_little_endian(out_, syntax_.big_endian ? __builtin_bswap16(number) : number);
  }
  void append32(std::uint32_t number) {
    append_little_endian(out_, syntax_.big_endian ? __builtin_bswap32(number) : number);
  }

  // The length before `content` becomes what has been appended since.
  void patch_length(std::size_t content) {
    const auto length = static_cast<std::uint32_t>(out_.size() - content);
    const std::uint32_t number = syntax_.big_endian ? __builtin_bswap32(length) : length;
    std::memcpy(out_.data() + content - sizeof number, &number, sizeof number);
  }

  static Error too_long(Tag tag) {
    return {Errc::too_large, to_string(tag) + ": longer than a 32 bit length can tell"};
  }

  const TransferSyntax& syntax_;
  std::string out_;
};

// PS3.5 A.5: a raw deflate stream (RFC 1951), padded to an even length.
Result<std::string> deflate_bytes(std::string_view bytes) {
  if (bytes.size() > std::numeric_limits<uInt>::max()) {
    return Error{Errc::too_large, "a data set of 4 GiB and more cannot be deflated"};
  }
  z_stream stream{};
  if (deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, -MAX_WBITS, 8, Z_DEFAULT_STRATEGY) !=
      Z_OK) {
    return Error{Errc::no_space, "no memory to deflate"};
  }
  std::string out(deflateBound(&stream, bytes.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  [[maybe_unused]] const int status = deflate(&stream, Z_FINISH);
  assert(status == Z_STREAM_END);  // the bound is one
  out.resize(stream.total_out);
  deflateEnd(&stream);
  if (out.size() % 2 != 0) out.push_back('\0');
  return out;
}

// PS3.10 7.1: group 0002 is in Explicit VR Little Endian whatever the data set is in.
std::string encode_group(const Dataset& meta) {
  Encoder encoder(*find_transfer_syntax(uids::ExplicitVRLittleEndian));
  for (const Element& element : meta) {
    [[maybe_unused]] const Result<> appended = encoder.append(element);
    assert(appended);  // small values that are in memory
  }
  return std::move(encoder).take();
}

}  // namespace

Result<std::string> encode_dataset(const Dataset& dataset, const TransferSyntax& syntax) {
  Encoder encoder(syntax);
  DCMFS_CHECK(encoder.append(dataset));
  std::string bytes = std::move(encoder).take();
  return syntax.deflated ? deflate_bytes(bytes) : std::move(bytes);
}

Result<std::string> encode_file(const Dataset& dataset, const TransferSyntax& syntax) {
  const std::string sop_class = dataset.text_or(tags::SOPClassUID, "");
  const std::string sop_instance = dataset.text_or(tags::SOPInstanceUID, "");
  if (sop_class.empty() || sop_instance.empty()) {
    return Error{Errc::invalid_argument, "SOPClassUID or SOPInstanceUID is missing"};
  }
  DCMFS_TRY(const std::string bytes, encode_dataset(dataset, syntax));
  return encode_meta(sop_class, sop_instance, syntax.uid, "") + bytes;
}

std::string encode_meta(std::string_view sop_class, std::string_view sop_instance,
                        std::string_view transfer_syntax, std::string_view source_aet) {
  Dataset meta;
  meta.set_bytes(tags::FileMetaInformationVersion, Vr::OB, std::string("\x00\x01", 2));
  meta.set_text(tags::MediaStorageSOPClassUID, sop_class);
  meta.set_text(tags::MediaStorageSOPInstanceUID, sop_instance);
  meta.set_text(tags::TransferSyntaxUID, transfer_syntax);
  meta.set_text(tags::ImplementationClassUID, kImplementationClassUID);
  meta.set_text(tags::ImplementationVersionName, kImplementationVersionName);
  if (!source_aet.empty()) meta.set_text(tags::SourceApplicationEntityTitle, source_aet);
  const std::string elements = encode_group(meta);

  Dataset group_length;
  group_length.set_number(tags::FileMetaInformationGroupLength,
                          static_cast<double>(elements.size()));
  return std::string(kPreambleBytes, '\0').append(kPrefix) + encode_group(group_length) + elements;
}

}  // namespace dcmfs
