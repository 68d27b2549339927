// Which keys a directory record has: PS3.3 F.5, a row for each.
#include <algorithm>

#include "store/dicom/directory.h"
#include "store/dicom/directory_tags.h"
#include "store/dicom/recode.h"
#include "store/dicom/transfer_syntax.h"

namespace dcmfs {
namespace {

using namespace directory_tags;

enum class Need : std::uint8_t {
  value,     // type 1: never empty
  present,   // type 2
  if_any,    // type 1C and 3: where the instance has it
  extended,  // type 3, and only if it was asked for
};
struct Key {
  std::string_view type;
  Tag tag;
  Need need;
  std::string_view otherwise = {};  // of type 1
};
constexpr std::string_view kSomeDate = "19000101", kSomeTime = "000000", kSomething = "UNKNOWN",
                           kSomeNumber = "0";

// clang-format off
constexpr Key kKeys[] = {
    {"PATIENT",           tags::PatientName,              Need::present},
    {"PATIENT",           tags::PatientID,                Need::value,   kSomething},
    {"PATIENT",           tags::PatientBirthDate,         Need::extended},
    {"PATIENT",           tags::PatientSex,               Need::extended},
    {"STUDY",             tags::StudyDate,                Need::value,   kSomeDate},
    {"STUDY",             tags::StudyTime,                Need::value,   kSomeTime},
    {"STUDY",             tags::AccessionNumber,          Need::present},
    {"STUDY",             tags::StudyDescription,         Need::present},
    {"STUDY",             tags::StudyInstanceUID,         Need::if_any},
    {"STUDY",             tags::StudyID,                  Need::value,   kSomething},
    {"STUDY",             tags::ReferringPhysicianName,   Need::extended},
    {"STUDY",             tags::InstitutionName,          Need::extended},
    {"SERIES",            tags::Modality,                 Need::value,   "OT"},
    {"SERIES",            tags::SeriesInstanceUID,        Need::value,   kSomething},
    {"SERIES",            tags::SeriesNumber,             Need::value,   kSomeNumber},
    {"SERIES",            tags::SeriesDate,               Need::extended},
    {"SERIES",            tags::SeriesTime,               Need::extended},
    {"SERIES",            tags::SeriesDescription,        Need::extended},
    {"SERIES",            tags::BodyPartExamined,         Need::extended},
    {"IMAGE",             tags::ContentDate,              Need::extended},
    {"IMAGE",             tags::ContentTime,              Need::extended},
    {"IMAGE",             tags::ImageComments,            Need::extended},
    {"IMAGE",             tags::NumberOfFrames,           Need::extended},
    {"RT DOSE",           DoseSummationType,              Need::value,   kSomething},
    {"RT STRUCTURE SET",  StructureSetLabel,              Need::value,   kSomething},
    {"RT STRUCTURE SET",  StructureSetDate,               Need::present},
    {"RT STRUCTURE SET",  StructureSetTime,               Need::present},
    {"RT PLAN",           RTPlanLabel,                    Need::value,   kSomething},
    {"RT PLAN",           RTPlanDate,                     Need::present},
    {"RT PLAN",           RTPlanTime,                     Need::present},
    {"RT TREAT RECORD",   TreatmentDate,                  Need::present},
    {"RT TREAT RECORD",   TreatmentTime,                  Need::present},
    {"PRESENTATION",      PresentationCreationDate,       Need::value,   kSomeDate},
    {"PRESENTATION",      PresentationCreationTime,       Need::value,   kSomeTime},
    {"PRESENTATION",      ContentLabel,                   Need::value,   kSomething},
    {"PRESENTATION",      ContentDescription,             Need::present},
    {"PRESENTATION",      ContentCreatorName,             Need::present},
    {"PRESENTATION",      tags::ReferencedSeriesSequence, Need::if_any},
    {"WAVEFORM",          tags::ContentDate,              Need::value,   kSomeDate},
    {"WAVEFORM",          tags::ContentTime,              Need::value,   kSomeTime},
    {"SR DOCUMENT",       CompletionFlag,                 Need::value,   "PARTIAL"},
    {"SR DOCUMENT",       VerificationFlag,               Need::value,   "UNVERIFIED"},
    {"SR DOCUMENT",       tags::ContentDate,              Need::value,   kSomeDate},
    {"SR DOCUMENT",       tags::ContentTime,              Need::value,   kSomeTime},
    {"SR DOCUMENT",       VerificationDateTime,           Need::if_any},
    {"SR DOCUMENT",       ConceptNameCodeSequence,        Need::if_any},
    {"SR DOCUMENT",       ContentSequence,                Need::if_any},
    {"KEY OBJECT DOC",    tags::ContentDate,              Need::value,   kSomeDate},
    {"KEY OBJECT DOC",    tags::ContentTime,              Need::value,   kSomeTime},
    {"KEY OBJECT DOC",    ConceptNameCodeSequence,        Need::if_any},
    {"KEY OBJECT DOC",    ContentSequence,                Need::if_any},
    {"SPECTROSCOPY",      tags::ImageType,                Need::value,   kSomething},
    {"SPECTROSCOPY",      tags::ContentDate,              Need::value,   kSomeDate},
    {"SPECTROSCOPY",      tags::ContentTime,              Need::value,   kSomeTime},
    {"SPECTROSCOPY",      tags::NumberOfFrames,           Need::value,   "1"},
    {"SPECTROSCOPY",      tags::Rows,                     Need::value,   kSomeNumber},
    {"SPECTROSCOPY",      tags::Columns,                  Need::value,   kSomeNumber},
    {"RAW DATA",          tags::ContentDate,              Need::value,   kSomeDate},
    {"RAW DATA",          tags::ContentTime,              Need::value,   kSomeTime},
    {"REGISTRATION",      tags::ContentDate,              Need::value,   kSomeDate},
    {"REGISTRATION",      tags::ContentTime,              Need::value,   kSomeTime},
    {"REGISTRATION",      ContentLabel,                   Need::value,   kSomething},
    {"REGISTRATION",      ContentDescription,             Need::present},
    {"REGISTRATION",      ContentCreatorName,             Need::present},
    {"FIDUCIAL",          tags::ContentDate,              Need::value,   kSomeDate},
    {"FIDUCIAL",          tags::ContentTime,              Need::value,   kSomeTime},
    {"FIDUCIAL",          ContentLabel,                   Need::value,   kSomething},
    {"FIDUCIAL",          ContentDescription,             Need::present},
    {"FIDUCIAL",          ContentCreatorName,             Need::present},
    {"ENCAP DOC",         tags::ContentDate,              Need::present},
    {"ENCAP DOC",         tags::ContentTime,              Need::present},
    {"ENCAP DOC",         DocumentTitle,                  Need::present},
    {"ENCAP DOC",         HL7InstanceIdentifier,          Need::if_any},
    {"ENCAP DOC",         ConceptNameCodeSequence,        Need::present},
    {"ENCAP DOC",         MIMETypeOfEncapsulatedDocument, Need::value,   "application/octet-stream"},
    {"VALUE MAP",         tags::ContentDate,              Need::value,   kSomeDate},
    {"VALUE MAP",         tags::ContentTime,              Need::value,   kSomeTime},
    {"VALUE MAP",         ContentLabel,                   Need::value,   kSomething},
    {"VALUE MAP",         ContentDescription,             Need::present},
    {"VALUE MAP",         ContentCreatorName,             Need::present},
    {"MEASUREMENT",       tags::ContentDate,              Need::value,   kSomeDate},
    {"MEASUREMENT",       tags::ContentTime,              Need::value,   kSomeTime},
    {"SURFACE",           tags::ContentDate,              Need::value,   kSomeDate},
    {"SURFACE",           tags::ContentTime,              Need::value,   kSomeTime},
    {"SURFACE",           ContentLabel,                   Need::present},
    {"SURFACE",           ContentDescription,             Need::present},
    {"SURFACE",           ContentCreatorName,             Need::present},
    {"SURFACE SCAN",      tags::ContentDate,              Need::value,   kSomeDate},
    {"SURFACE SCAN",      tags::ContentTime,              Need::value,   kSomeTime},
    {"TRACT",             tags::ContentDate,              Need::value,   kSomeDate},
    {"TRACT",             tags::ContentTime,              Need::value,   kSomeTime},
    {"TRACT",             ContentLabel,                   Need::value,   kSomething},
    {"TRACT",             ContentDescription,             Need::present},
    {"TRACT",             ContentCreatorName,             Need::present},
    {"ASSESSMENT",        tags::InstanceCreationDate,     Need::value,   kSomeDate},
    {"ASSESSMENT",        tags::InstanceCreationTime,     Need::if_any},
};

struct Class {
  std::string_view uid;  // ending in '.': all below it
  std::string_view type;
};
// PS3.3 table F.4-1 and PS3.4 annex B. The first that fits; other SOP classes of PS3.4 B are IMAGE.
constexpr Class kClasses[] = {
    {"1.2.840.10008.5.1.4.1.1.481.2",    "RT DOSE"},
    {"1.2.840.10008.5.1.4.1.1.481.3",    "RT STRUCTURE SET"},
    {"1.2.840.10008.5.1.4.1.1.481.5",    "RT PLAN"},
    {"1.2.840.10008.5.1.4.1.1.481.8",    "RT PLAN"},
    {"1.2.840.10008.5.1.4.1.1.481.4",    "RT TREAT RECORD"},
    {"1.2.840.10008.5.1.4.1.1.481.6",    "RT TREAT RECORD"},
    {"1.2.840.10008.5.1.4.1.1.481.7",    "RT TREAT RECORD"},
    {"1.2.840.10008.5.1.4.1.1.481.9",    "RT TREAT RECORD"},
    {"1.2.840.10008.5.1.4.1.1.11.",      "PRESENTATION"},
    {"1.2.840.10008.5.1.4.1.1.9.",       "WAVEFORM"},
    {"1.2.840.10008.5.1.4.1.1.88.59",    "KEY OBJECT DOC"},
    {"1.2.840.10008.5.1.4.1.1.88.",      "SR DOCUMENT"},
    {"1.2.840.10008.5.1.4.1.1.4.2",      "SPECTROSCOPY"},
    {"1.2.840.10008.5.1.4.1.1.66",       "RAW DATA"},
    {"1.2.840.10008.5.1.4.1.1.66.1",     "REGISTRATION"},
    {"1.2.840.10008.5.1.4.1.1.66.2",     "FIDUCIAL"},
    {"1.2.840.10008.5.1.4.1.1.66.3",     "REGISTRATION"},
    {"1.2.840.10008.5.1.4.1.1.66.5",     "SURFACE"},
    {"1.2.840.10008.5.1.4.1.1.66.6",     "TRACT"},
    {"1.2.840.10008.5.1.4.1.1.67",       "VALUE MAP"},
    {"1.2.840.10008.5.1.4.1.1.68.",      "SURFACE SCAN"},
    {"1.2.840.10008.5.1.4.1.1.77.1.5.3", "STEREOMETRIC"},
    {"1.2.840.10008.5.1.4.1.1.78.",      "MEASUREMENT"},
    {"1.2.840.10008.5.1.4.1.1.90.",      "ASSESSMENT"},
    {"1.2.840.10008.5.1.4.1.1.104.",     "ENCAP DOC"},
    {"1.2.840.10008.5.1.4.1.1.",         "IMAGE"},
};
// clang-format on

std::string_view type_of(std::string_view sop_class) {
  const auto* found = std::ranges::find_if(kClasses, [&](const Class& row) {
    return row.uid.ends_with('.') ? sop_class.starts_with(row.uid) : sop_class == row.uid;
  });
  return found == std::end(kClasses) ? "PRIVATE" : found->type;
}

// PS3.3 F.5.x: of the content of a document its modifiers alone.
void keep_modifiers(Element& content) {
  std::erase_if(content.items, [](const Dataset& item) {
    return item.text_or(RelationshipType, "") != "HAS CONCEPT MOD";
  });
}

void add(Dataset& keys, const Key& key, const Dataset& from) {
  const Element* own = from.find(key.tag);
  const bool has_value =
      own != nullptr && (own->vr == Vr::SQ ? !own->items.empty() : !own->value.empty());
  if (!has_value) {
    if (key.need == Need::value) keys.set_text(key.tag, key.otherwise);
    if (key.need != Need::present) return;
    Element empty;
    empty.tag = key.tag;
    empty.vr = vr_of(key.tag);
    keys.set(std::move(empty));
    return;
  }
  Element copy = in_utf8(*own, from.character_set);
  copy.offset = -1;
  if (key.tag == ContentSequence) {
    keep_modifiers(copy);
    if (copy.items.empty()) return;
  }
  keys.set(std::move(copy));
}

DirectoryRecord record(std::string_view type, const Dataset& from, DirectoryKeys which) {
  DirectoryRecord out{.type = type};
  out.keys.character_set = CharacterSet::utf8();
  for (const Key& key : kKeys) {
    if (key.type == type && (key.need != Need::extended || which == DirectoryKeys::extended))
      add(out.keys, key, from);
  }
  return out;
}

}  // namespace

DirectoryRecord patient_record(const Dataset& patient, DirectoryKeys which) {
  return record("PATIENT", patient, which);
}
DirectoryRecord study_record(const Dataset& study, DirectoryKeys which) {
  return record("STUDY", study, which);
}
DirectoryRecord series_record(const Dataset& series, DirectoryKeys which) {
  return record("SERIES", series, which);
}

bool needs_more_than_a_number(std::string_view sop_class) {
  const auto type = type_of(sop_class);
  return std::ranges::any_of(
      kKeys, [&](const Key& key) { return key.type == type && key.need != Need::extended; });
}

DirectoryRecord instance_record(const DirectoryFile& file, const Dataset& instance,
                                DirectoryKeys which) {
  DirectoryRecord out = record(type_of(file.sop_class), instance, which);
  add(out.keys, {out.type, tags::InstanceNumber, Need::value, kSomeNumber}, instance);
  if (out.type == "PRIVATE") out.keys.set_text(PrivateRecordUID, Vr::UI, file.sop_class);
  out.keys.set_text(ReferencedFileID, Vr::CS, file.id);
  out.keys.set_text(ReferencedSOPClassUIDInFile, Vr::UI, file.sop_class);
  out.keys.set_text(ReferencedSOPInstanceUIDInFile, Vr::UI, file.sop_instance);
  out.keys.set_text(ReferencedTransferSyntaxUIDInFile, Vr::UI, file.transfer_syntax);
  return out;
}

}  // namespace dcmfs
