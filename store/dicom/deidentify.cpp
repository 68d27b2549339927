#include "store/dicom/deidentify.h"

#include <algorithm>
#include <cassert>
#include <iterator>

#include "store/dicom/confidentiality_profile.h"
#include "store/dicom/dataset_walk.h"
#include "store/dicom/date_shift.h"
#include "store/dicom/text.h"

namespace dcmfs {
namespace {

constexpr std::string_view kEditionNames[] = {"2008", "2017c", "2021b", "2023b", "2024b"};

// -- the Type, which decides where the profile offers a choice

// Composite images whose modules are old and few: General Series, General Equipment, General Image,
// SOP Common (PS3.3 A.2 to A.26).
constexpr std::string_view kUsualImages[] = {
    "1.2.840.10008.5.1.4.1.1.1",      // Computed Radiography
    "1.2.840.10008.5.1.4.1.1.1.1",    // Digital X-Ray, for presentation
    "1.2.840.10008.5.1.4.1.1.1.1.1",  // ... for processing
    "1.2.840.10008.5.1.4.1.1.1.2",    // Digital Mammography, for presentation
    "1.2.840.10008.5.1.4.1.1.1.2.1",  // ... for processing
    "1.2.840.10008.5.1.4.1.1.2",      // CT
    "1.2.840.10008.5.1.4.1.1.3.1",    // Ultrasound Multi-frame
    "1.2.840.10008.5.1.4.1.1.4",      // MR
    "1.2.840.10008.5.1.4.1.1.6.1",    // Ultrasound
    "1.2.840.10008.5.1.4.1.1.7",      // Secondary Capture
    "1.2.840.10008.5.1.4.1.1.12.1",   // X-Ray Angiographic
    "1.2.840.10008.5.1.4.1.1.12.2",   // X-Ray Radiofluoroscopic
    "1.2.840.10008.5.1.4.1.1.20",     // Nuclear Medicine
};

// Of type 3 in all of them, at the top of the data set.
constexpr Tag kOptional[] = {
    tags::InstanceCreationDate, tags::InstanceCreationTime, tags::SeriesDate,
    tags::SeriesTime,           {0x0008, 0x002a},  // AcquisitionDateTime
    {0x0008, 0x0080},                              // InstitutionName
    {0x0008, 0x0082},                              // InstitutionCodeSequence
    {0x0008, 0x1010},                              // StationName
    {0x0008, 0x1070},                              // OperatorsName
    {0x0008, 0x1072},                              // OperatorIdentificationSequence
    {0x0008, 0x1110},                              // ReferencedStudySequence
    {0x0008, 0x1111},                              // ReferencedPerformedProcedureStepSequence
    {0x0018, 0x1000},                              // DeviceSerialNumber
    {0x0018, 0x1030},                              // ProtocolName
    {0x0018, 0x1400},                              // AcquisitionDeviceProcessingDescription
    {0x0018, 0x700a},                              // DetectorID
    {0x0018, 0x700c},                              // DateOfLastDetectorCalibration
    {0x0018, 0x700e},                              // TimeOfLastDetectorCalibration
};
// Of type 2.
constexpr Tag kMayBeEmpty[] = {tags::ContentDate, tags::ContentTime, {0x0018, 0x0010}};

enum class AttributeType { mandatory, may_be_empty, optional };  // 1, 2, 3 (PS3.5 7.4)

enum class Final { remove, empty, dummy, other_uid };

Final resolved(ProfileAction action, AttributeType type) {
  const bool optional = type == AttributeType::optional;
  const bool mandatory = type == AttributeType::mandatory;
  switch (action) {
    case ProfileAction::x:
      return Final::remove;
    case ProfileAction::z:
      return Final::empty;
    case ProfileAction::d:
      return Final::dummy;
    case ProfileAction::u:
    case ProfileAction::x_z_or_u:
      return Final::other_uid;
    case ProfileAction::z_or_d:
      return mandatory ? Final::dummy : Final::empty;
    case ProfileAction::x_or_z:
      return optional ? Final::remove : Final::empty;
    case ProfileAction::x_or_d:
      return optional ? Final::remove : Final::dummy;
    case ProfileAction::x_z_or_d:
      return optional ? Final::remove : mandatory ? Final::dummy : Final::empty;
  }
  return Final::remove;
}

// -- dummy values, each right for its VR

std::string dummy_value(Vr vr) {
  switch (vr) {
    case Vr::AS:
      return "000Y";
    case Vr::DA:
      return "19000101";
    case Vr::DT:
      return "19000101000000";
    case Vr::TM:
      return "000000";
    case Vr::DS:
    case Vr::IS:
      return "0 ";
    case Vr::UR:
      return "about:blank ";
    default:
      break;
  }
  const VrInfo& row = info(vr);
  if (row.text) return "ANONYMIZED";
  return std::string(vr == Vr::AT ? 4 : std::max<std::size_t>(row.unit, 2), '\0');
}

void set_bytes_of(Element& element, std::string bytes) {
  if (bytes.size() % 2 != 0) bytes.push_back(info(element.vr).padding);
  element.value = std::move(bytes);
  element.length = std::ssize(element.value);
  element.offset = -1;
  element.fragment_bytes = element.item_bytes = 0;
}

void make_empty(Element& element) {
  element.items.clear();
  set_bytes_of(element, "");
}

Element text_element(Tag tag, std::string_view ascii) {
  Dataset holder;
  holder.set_text(tag, ascii);
  return *holder.begin();
}

// -- codes of CID 7050: what was done

struct MethodCode {
  std::string_view value, meaning;
};

class Deidentifier {
 public:
  Deidentifier(Dataset& dataset, const Deidentification& how, const IsKept& is_kept)
      : dataset_(dataset), how_(how), options_(how.options), is_kept_(is_kept) {
    assert(how.uids != nullptr);
    const std::string sop_class = dataset.text_or(tags::SOPClassUID, "");
    is_usual_ = std::ranges::find(kUsualImages, sop_class) != std::end(kUsualImages);
  }

  std::vector<std::string> run() {
    look_at_what_no_table_cleans();
    walk(dataset_,
         [this](const AttributePlace& place, Element& element) { return visit(place, element); });
    say_what_was_done();
    return std::move(warnings_);
  }

 private:
  Visit visit(const AttributePlace& place, Element& element) {
    const Keep keep = is_kept_ ? is_kept_(place) : Keep::nothing;
    const ProfileRow* row = find_profile_row(element.tag, how_.edition);
    const bool is_subject = element.tag.is_private() ? !options_.retain_private : row != nullptr;
    if (keep == Keep::whole) {
      keeps_against_profile_ |= is_subject || element.vr == Vr::SQ;
      return Visit::stay;
    }
    if (keep == Keep::below) {
      keeps_against_profile_ |= what_becomes_of_all_in(element.tag) != Inside::looked_at;
      return Visit::descend;
    }
    switch (what_becomes_of_all_above(place)) {
      case Inside::removed:
        // What is kept is written in it.
        return element.tag == tags::SpecificCharacterSet ? Visit::stay : Visit::erase;
      case Inside::dummies:
        if (!is_structure(element)) make_dummy(element);
        return element.tag.is_private() ? Visit::erase : Visit::stay;
      case Inside::looked_at:
        break;
    }
    if (element.tag.is_private()) {
      if (!options_.retain_private) return Visit::erase;
      has_private_ = true;
      return Visit::descend;
    }
    if (row == nullptr) return Visit::descend;
    return follow(*row, place, element);
  }

  Visit follow(const ProfileRow& row, const AttributePlace& place, Element& element) {
    if (is_retained(row)) return Visit::descend;
    if (options_.shift_dates_days && row.has_option('d') && shift_dates(element))
      return Visit::stay;
    switch (resolved(row.action, type_of(place))) {
      case Final::remove:
        return Visit::erase;
      case Final::empty:
        make_empty(element);
        return Visit::stay;
      case Final::dummy:
        make_dummy(element);
        return Visit::stay;
      case Final::other_uid:
        map_uids(element);
        return Visit::descend;
    }
    return Visit::stay;
  }

  // What would become of all that is in a sequence. Most of it has no row of its own, so where a part
  // is kept, the rest is treated as the sequence would have been.
  enum class Inside : std::uint8_t { looked_at, dummies, removed };

  Inside what_becomes_of_all_in(Tag sequence) const {
    if (sequence.is_private()) return options_.retain_private ? Inside::looked_at : Inside::removed;
    const ProfileRow* row = find_profile_row(sequence, how_.edition);
    if (row == nullptr || is_retained(*row)) return Inside::looked_at;
    switch (resolved(row->action, AttributeType::mandatory)) {
      case Final::remove:
      case Final::empty:
        return Inside::removed;
      case Final::dummy:
        return Inside::dummies;
      case Final::other_uid:
        return Inside::looked_at;
    }
    return Inside::removed;
  }

  Inside what_becomes_of_all_above(const AttributePlace& place) const {
    auto most = Inside::looked_at;
    for (const AttributePlace::Item& item : place.above)
      most = std::max(most, what_becomes_of_all_in(item.sequence));
    return most;
  }

  bool is_retained(const ProfileRow& row) const {
    const std::pair<char, bool> retained[] = {
        {'u', options_.retain_uids},        {'v', options_.retain_device},
        {'i', options_.retain_institution}, {'p', options_.retain_patient_characteristics},
        {'d', options_.retain_full_dates},
    };
    return std::ranges::any_of(retained, [&](const auto& option) {
      return option.second && row.has_option(option.first);
    });
  }

  AttributeType type_of(const AttributePlace& place) const {
    if (!is_usual_ || !place.above.empty()) return AttributeType::mandatory;
    if (std::ranges::find(kOptional, place.tag) != std::end(kOptional))
      return AttributeType::optional;
    if (std::ranges::find(kMayBeEmpty, place.tag) != std::end(kMayBeEmpty))
      return AttributeType::may_be_empty;
    return AttributeType::mandatory;
  }

  bool shift_dates(Element& element) const {
    const bool is_date = element.vr == Vr::DA || element.vr == Vr::DT;
    if (element.value.empty() && !element.on_disk()) return true;
    // Days alone move: times and the offset from UTC stay what they are.
    if (!is_date) return element.vr == Vr::TM || element.tag == tags::TimezoneOffsetFromUTC;
    const auto shifted = shifted_dates(element.vr, element.value, *options_.shift_dates_days);
    if (!shifted) return false;
    set_bytes_of(element, *shifted);
    return true;
  }

  void map_uids(Element& element) const {
    const bool is_uid = element.vr == Vr::UI || element.vr == Vr::UN;
    if (!is_uid || element.value.empty()) return;
    std::string all;
    for (const std::string_view part : split(element.value, '\\')) {
      if (!all.empty()) all += '\\';
      const std::string_view uid = trim(part);
      if (!uid.empty()) all += (*how_.uids)(uid);
    }
    set_bytes_of(element, std::move(all));
  }

  void make_dummy(Element& element) const {
    if (element.vr == Vr::SQ) {
      for (Dataset& item : element.items) make_dummies(item);
    } else if (element.vr == Vr::UI) {
      map_uids(element);
    } else if (!element.value.empty() || element.on_disk()) {
      if (element.tag == tags::EncapsulatedDocument) element.vr = Vr::OB;
      set_bytes_of(element, dummy_value(element.vr));
    }
  }

  // All that could tell something.
  void make_dummies(Dataset& item) const {
    item.erase_if([](const Element& element) { return element.tag.is_private(); });
    for (Element& element : item.elements())
      if (!is_structure(element)) make_dummy(element);
  }

  // What is written in CS tells nobody; UIDs of the standard stay, as the map of UIDs knows them.
  static bool is_structure(const Element& element) {
    return element.vr == Vr::CS || element.tag == tags::SpecificCharacterSet;
  }

  void look_at_what_no_table_cleans() {
    const auto says_yes = [this](Tag tag) { return dataset_.text_or(tag, "") == "YES"; };
    if (says_yes(tags::BurnedInAnnotation))
      warnings_.push_back("BurnedInAnnotation is YES: the pixels may tell who it is");
    if (says_yes(tags::RecognizableVisualFeatures))
      warnings_.push_back("RecognizableVisualFeatures is YES: the pixels may show who it is");
    if (dataset_.contains(tags::EncapsulatedDocument)) {
      const bool is_replaced =
          find_profile_row(tags::EncapsulatedDocument, how_.edition) != nullptr;
      warnings_.push_back(is_replaced
                              ? "EncapsulatedDocument is replaced by a dummy"
                              : "EncapsulatedDocument stays as it is and may tell who it is");
    }
  }

  void say_what_was_done() {
    const bool is_profile = !keeps_against_profile_ && !(options_.retain_private && has_private_);
    if (has_private_) warnings_.push_back("private attributes stay and may tell who it is");
    if (keeps_against_profile_)
      warnings_.push_back("attributes are kept that the profile would change");
    dataset_.set(text_element(tags::PatientIdentityRemoved, "YES"));
    std::string method = "dcmfs, PS3.15-" + std::string(name_of(how_.edition)) + " Basic Profile";
    if (!is_profile) method += ", with attributes kept";
    dataset_.set(text_element(tags::DeidentificationMethod, method));
    dataset_.erase(tags::DeidentificationMethodCodeSequence);
    for (const auto& [value, meaning] : codes(is_profile)) {
      Dataset& item = dataset_.add_item(tags::DeidentificationMethodCodeSequence);
      item.set(text_element(tags::CodeValue, value));
      item.set(text_element(tags::CodingSchemeDesignator, "DCM"));
      item.set(text_element(tags::CodeMeaning, meaning));
    }
    const std::string_view dates = options_.retain_full_dates  ? "UNMODIFIED"
                                   : options_.shift_dates_days ? "MODIFIED"
                                                               : "REMOVED";
    dataset_.set(text_element(tags::LongitudinalTemporalInformationModified, dates));
  }

  std::vector<MethodCode> codes(bool is_profile) const {
    std::vector<MethodCode> done;
    const auto add_if = [&](bool is_done, MethodCode code) {
      if (is_done) done.push_back(code);
    };
    add_if(is_profile, {"113100", "Basic Application Confidentiality Profile"});
    add_if(options_.retain_full_dates,
           {"113106", "Retain Longitudinal Temporal Information Full Dates Option"});
    add_if(options_.shift_dates_days && !options_.retain_full_dates,
           {"113107", "Retain Longitudinal Temporal Information Modified Dates Option"});
    add_if(options_.retain_patient_characteristics,
           {"113108", "Retain Patient Characteristics Option"});
    add_if(options_.retain_device, {"113109", "Retain Device Identity Option"});
    add_if(options_.retain_uids, {"113110", "Retain UIDs Option"});
    add_if(options_.retain_institution, {"113112", "Retain Institution Identity Option"});
    return done;
  }

  Dataset& dataset_;
  const Deidentification& how_;
  const DeidentificationOptions& options_;
  const IsKept& is_kept_;
  bool is_usual_ = false;
  bool keeps_against_profile_ = false, has_private_ = false;
  std::vector<std::string> warnings_;
};

}  // namespace

Result<ProfileEdition> parse_profile_edition(std::string_view name) {
  if (name == "current") return ProfileEdition::e2024b;
  const auto found = std::ranges::find(kEditionNames, name);
  if (found == std::end(kEditionNames)) {
    return Error{Errc::invalid_argument,
                 "DicomVersion: known are 2008, 2017c, 2021b, 2023b, 2024b and current"};
  }
  return static_cast<ProfileEdition>(found - std::begin(kEditionNames));
}

std::string_view name_of(ProfileEdition edition) {
  return kEditionNames[static_cast<std::size_t>(edition)];
}

std::vector<std::string> deidentify(Dataset& dataset, const Deidentification& how,
                                    const IsKept& is_kept) {
  return Deidentifier(dataset, how, is_kept).run();
}

}  // namespace dcmfs
