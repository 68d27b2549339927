#include "store/dicom/create.h"

#include <algorithm>

#include <json/json.h>

#include "store/dicom/binary.h"
#include "store/dicom/json_values.h"
#include "store/dicom/parent_attributes.h"
#include "store/dicom/recode.h"
#include "store/dicom/text.h"
#include "store/dicom/uid_map.h"

namespace dcmfs {
namespace {

constexpr std::string_view kSecondaryCapture = "1.2.840.10008.5.1.4.1.1.7";
constexpr std::string_view kJpegBaseline = "1.2.840.10008.1.2.4.50";
constexpr std::int64_t kContentBytesMax = 0x7ffffffe;

// What a row says where nobody says otherwise; "" is present and empty (type 2).
struct DefaultValue {
  Tag tag;
  std::string_view value;
};
// PS3.3 C.7.1.1, C.7.2.1, C.7.3.1: of every composite instance.
constexpr DefaultValue kOfEveryInstance[] = {
    {tags::AccessionNumber, ""}, {tags::ReferringPhysicianName, ""},
    {tags::PatientName, ""},     {tags::PatientBirthDate, ""},
    {tags::PatientSex, ""},      {tags::StudyID, ""},
    {tags::SeriesNumber, ""},    {tags::InstanceNumber, "1"},
    {tags::Modality, "OT"},
};
// PS3.3 C.8.6.1, C.7.6.1: a picture that a workstation made of something else.
constexpr DefaultValue kOfPicture[] = {
    {{0x0008, 0x0008}, "DERIVED\\SECONDARY"},  // ImageType
    {{0x0008, 0x0064}, "WSD"},                 // ConversionType
    {{0x0020, 0x0020}, ""},                    // PatientOrientation
};
// PS3.3 C.24.1, C.24.2. Nobody has looked whether the document tells who it is about.
constexpr DefaultValue kOfDocument[] = {
    {{0x0008, 0x0064}, "WSD"},  // ConversionType
    {{0x0008, 0x002a}, ""},     // AcquisitionDateTime
    {{0x0008, 0x0070}, ""},     // Manufacturer
    {tags::BurnedInAnnotation, "YES"},
    {{0x0040, 0xa043}, ""},                 // ConceptNameCodeSequence
    {{0x0042, 0x0010}, ""},                 // DocumentTitle
    {{0x0042, 0x0012}, "application/pdf"},  // MIMETypeOfEncapsulatedDocument
};

const Element* inherited(const NewInstance& wanted, SharedWith with, Tag tag) {
  const bool is_shared = static_cast<int>(with) < static_cast<int>(wanted.joins);
  const Element* of_sibling =
      is_shared && wanted.sibling != nullptr ? wanted.sibling->find(tag) : nullptr;
  return of_sibling != nullptr && !of_sibling->on_disk() ? of_sibling : nullptr;
}

class Creator {
 public:
  explicit Creator(NewInstance wanted) : wanted_(std::move(wanted)) {}

  Result<Created> make() {
    dataset_ = wanted_.attributes;
    dataset_.character_set = CharacterSet::utf8();
    made_.syntax = find_transfer_syntax(uids::ExplicitVRLittleEndian);
    if (!wanted_.force) DCMFS_CHECK(check_identifiers());
    if (wanted_.sibling != nullptr) DCMFS_CHECK(join());
    add_identifiers();
    add_times();
    add_all(kOfEveryInstance);
    DCMFS_CHECK(std::visit([this](const auto& content) { return add(content); }, wanted_.content));
    add_text(tags::SOPClassUID, kSecondaryCapture);
    dataset_.erase(tags::SpecificCharacterSet);
    made_.dataset = in_character_set(dataset_, "ISO_IR 192");
    return std::move(made_);
  }

 private:
  Result<> check_identifiers() const {
    for (const Tag tag : {tags::StudyInstanceUID, tags::SeriesInstanceUID, tags::SOPInstanceUID})
      if (dataset_.contains(tag)) return refused(tag, "is made new unless \"Force\" is true");
    return {};
  }

  static Error refused(Tag tag, std::string_view why) {
    return {Errc::invalid_argument, keyword_of(tag) + ": " + std::string(why)};
  }

  Result<> join() {
    if (const auto twice = wanted_.force ? std::nullopt : inherited_twice(wanted_))
      return refused(*twice, "comes from what the instance is added to, unless \"Force\" is true");
    for (const auto& [with, tag] : shared_attributes()) {
      const Element* of_sibling = inherited(wanted_, with, tag);
      if (of_sibling == nullptr || dataset_.contains(tag)) continue;
      dataset_.set(in_utf8(*of_sibling, wanted_.sibling->character_set));
    }
    return {};
  }

  void add_identifiers() {
    const UidMap random = UidMap::random();
    add_text(tags::PatientID, random_uuid());
    add_text(tags::StudyInstanceUID, random("study"));
    add_text(tags::SeriesInstanceUID, random("series"));
    add_text(tags::SOPInstanceUID, random("instance"));
  }

  void add_times() {
    for (const Tag tag :
         {tags::InstanceCreationDate, tags::StudyDate, tags::SeriesDate, tags::ContentDate})
      add_text(tag, wanted_.date);
    for (const Tag tag :
         {tags::InstanceCreationTime, tags::StudyTime, tags::SeriesTime, tags::ContentTime})
      add_text(tag, wanted_.time);
  }

  Result<> add(const std::monostate&) { return {}; }

  Result<> add(const Pixels& pixels) {
    const std::int64_t bytes =
        std::int64_t{pixels.columns} * pixels.rows * pixels.channels * (pixels.bits / 8);
    if (bytes < 1 || bytes > kContentBytesMax || std::ssize(pixels.samples) != bytes)
      return Error{Errc::invalid_argument, "the picture has no such pixels"};
    DCMFS_CHECK(describe(pixels.columns, pixels.rows, pixels.channels, pixels.bits,
                         pixels.channels == 3 ? "RGB" : "MONOCHROME2"));
    dataset_.set_bytes(tags::PixelData, pixels.bits == 8 ? Vr::OB : Vr::OW, pixels.samples);
    return {};
  }

  Result<> add(const JpegFrame& jpeg) {
    if (jpeg.bytes.empty() || std::ssize(jpeg.bytes) > kContentBytesMax)
      return Error{Errc::invalid_argument, "no JPEG, or too long a one"};
    DCMFS_CHECK(
        describe(jpeg.columns, jpeg.rows, jpeg.channels, 8, jpeg.photometric_interpretation));
    // PS3.3 C.7.6.1.1.5: that it was compressed stays true whatever becomes of it.
    add_text({0x0028, 0x2110}, "01");           // LossyImageCompression
    add_text({0x0028, 0x2114}, "ISO_10918_1");  // LossyImageCompressionMethod
    made_.syntax = find_transfer_syntax(kJpegBaseline);
    Element pixels;  // PS3.5 A.4: an empty offset table, one fragment
    pixels.tag = tags::PixelData;
    pixels.vr = Vr::OB;
    pixels.length = Element::kUndefinedLength;
    const std::string padding(jpeg.bytes.size() % 2, '\0');
    pixels.value =
        item_header(0) + item_header(jpeg.bytes.size() + padding.size()) + jpeg.bytes + padding;
    dataset_.set(std::move(pixels));
    return {};
  }

  static std::string item_header(std::size_t bytes) {
    std::string header("\xfe\xff\x00\xe0", 4);
    append_little_endian(header, static_cast<std::uint32_t>(bytes));
    return header;
  }

  Result<> add(const PdfDocument& pdf) {
    if (pdf.bytes.empty() || std::ssize(pdf.bytes) > kContentBytesMax)
      return Error{Errc::invalid_argument, "no PDF, or too long a one"};
    if (dataset_.contains(tags::EncapsulatedDocument)) return twice(tags::EncapsulatedDocument);
    add_text(tags::SOPClassUID, uids::EncapsulatedPDFStorage);
    add_all(kOfDocument);
    dataset_.set_number({0x0042, 0x0015},
                        static_cast<double>(pdf.bytes.size()));  // EncapsulatedDocumentLength
    dataset_.set_bytes(tags::EncapsulatedDocument, Vr::OB, pdf.bytes);
    return {};
  }

  Result<> describe(int columns, int rows, int channels, int bits, std::string_view photometric) {
    constexpr int kSideMax = 65535;
    if (columns < 1 || rows < 1 || columns > kSideMax || rows > kSideMax)
      return Error{Errc::invalid_argument, "a picture has 1 to 65535 rows and columns"};
    if (dataset_.contains(tags::PixelData)) return twice(tags::PixelData);
    add_all(kOfPicture);
    dataset_.set_number(tags::SamplesPerPixel, channels);
    dataset_.set_text(tags::PhotometricInterpretation, photometric);
    if (channels > 1) dataset_.set_number(tags::PlanarConfiguration, 0);
    dataset_.set_number(tags::Rows, rows);
    dataset_.set_number(tags::Columns, columns);
    dataset_.set_number(tags::BitsAllocated, bits);
    dataset_.set_number(tags::BitsStored, bits);
    dataset_.set_number(tags::HighBit, bits - 1);
    dataset_.set_number(tags::PixelRepresentation, 0);
    return {};
  }

  static Error twice(Tag tag) { return refused(tag, "is among the tags, and there is content"); }

  template <std::size_t count>
  void add_all(const DefaultValue (&rows)[count]) {
    for (const auto& [tag, value] : rows) add_text(tag, value);
  }

  // Where the instance does not have it.
  void add_text(Tag tag, std::string_view value) {
    if (dataset_.contains(tag)) return;
    if (vr_of(tag) == Vr::SQ) {
      Element empty;
      empty.tag = tag;
      empty.vr = Vr::SQ;
      dataset_.set(std::move(empty));
    } else {
      dataset_.set_text(tag, value);
    }
  }

  NewInstance wanted_;
  Dataset dataset_;
  Created made_;
};

}  // namespace

Result<Dataset> read_new_attributes(std::string_view json, std::string_view private_creator) {
  DCMFS_TRY(const Json::Value root, parse_json(json));
  if (!root.isObject()) return Error{Errc::invalid_argument, "expected an object { ... }"};
  DCMFS_TRY(Dataset dataset,
            dataset_from_json(root, {.private_creator = private_creator, .checked = true}));
  // What is made is in UTF-8 whatever it says, but who says a set that nobody knows means something else.
  for (const std::string& name : root.getMemberNames())
    if (tag_of(name) == tags::SpecificCharacterSet && root[name].isString() &&
        !CharacterSet::knows(root[name].asString()))
      return refused_key(name, "is no character set that is known");
  for (const Element& element : dataset) {
    if (element.tag.group <= 0x0002)
      return refused_key(to_string(element.tag), "is no attribute of a data set");
  }
  return dataset;
}

std::optional<Tag> inherited_twice(const NewInstance& wanted) {
  for (const auto& [with, tag] : shared_attributes())
    if (wanted.attributes.contains(tag) && inherited(wanted, with, tag) != nullptr) return tag;
  return std::nullopt;
}

Result<Created> create_instance(NewInstance wanted) {
  return Creator(std::move(wanted)).make();
}

}  // namespace dcmfs
