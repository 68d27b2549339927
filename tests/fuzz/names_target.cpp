// Text of any kind in the attributes that names are made of.
#include "store/dicom/text.h"
#include "store/entry_names.h"
#include "tests/fuzz/entry_name.h"
#include "tests/fuzz/target.h"

namespace dcmfs::fuzz {
namespace {

constexpr std::string_view kCharacterSets[] = {"",
                                               "ISO_IR 192",
                                               "ISO_IR 100",
                                               "ISO_IR 13",
                                               "GB18030",
                                               "\\ISO 2022 IR 87\\ISO 2022 IR 159",
                                               "\\ISO 2022 IR 149",
                                               "ISO_IR 166"};
constexpr Tag kNamed[] = {tags::PatientName,      tags::PatientID,         tags::StudyDate,
                          tags::StudyDescription, tags::AccessionNumber,   tags::Modality,
                          tags::SeriesNumber,     tags::SeriesDescription, tags::InstanceNumber};

// Values as a file has them: bytes in whatever the first one says.
Dataset dataset_of(std::string_view bytes) {
  Dataset dataset;
  const auto choice = bytes.empty() ? 0u : static_cast<unsigned char>(bytes.front());
  dataset.character_set = CharacterSet::parse(kCharacterSets[choice % std::size(kCharacterSets)]);
  bytes.remove_prefix(bytes.empty() ? 0 : 1);
  const auto values = split(bytes, '\n');
  for (std::size_t i = 0; i < std::size(kNamed); ++i) {
    dataset.set_bytes(kNamed[i], vr_of(kNamed[i]), std::string(values[i % values.size()]));
  }
  return dataset;
}

}  // namespace

std::string names(std::string_view bytes) {
  const std::string safe = safe_name(repair_utf8(bytes));
  if (auto fault = fault_of_name(safe); !fault.empty()) return fault;
  if (safe_name(safe) != safe) return "a safe name that is not safe";

  const Dataset dataset = dataset_of(bytes);
  for (const auto name_of : {patient_name, study_name, series_name, study_link_name,
                             series_link_name, modality_folder_name}) {
    const std::string name = name_of(dataset);
    if (name.empty()) return "no name";
    if (auto fault = fault_of_name(name); !fault.empty()) return fault;
    const std::string apart = told_apart(name, "1.2.3", 0);
    if (auto fault = fault_of_name(apart); !fault.empty()) return "told apart: " + fault;
    if (apart == name) return "a name told apart from itself";
  }
  const std::string name = instance_name(dataset);
  if (auto fault = fault_of_name(name); !fault.empty()) return fault;
  return fault_of_name(instance_told_apart(name, "1.2.3", 0));
}

}  // namespace dcmfs::fuzz
