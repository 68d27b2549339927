#pragma once
// The four levels of the Query/Retrieve model (PS3.4 C.6.1) and every word for
// them. Nothing else in the program switches on a level.
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "store/dicom/tag.h"

namespace dcmfs {

enum class Level : std::uint8_t { patient, study, series, instance };

struct LevelInfo {
  Level level;
  std::string_view singular, plural;  // in paths and tables: "study", "studies"
  std::string_view title;             // in JSON: "Study"
  std::string_view query_retrieve;    // QueryRetrieveLevel: "STUDY"
  Tag unique_key;
};

inline constexpr std::array kLevels{
    LevelInfo{Level::patient, "patient", "patients", "Patient", "PATIENT", tags::PatientID},
    LevelInfo{Level::study, "study", "studies", "Study", "STUDY", tags::StudyInstanceUID},
    LevelInfo{Level::series, "series", "series", "Series", "SERIES", tags::SeriesInstanceUID},
    LevelInfo{Level::instance, "instance", "instances", "Instance", "IMAGE", tags::SOPInstanceUID},
};

constexpr std::size_t index_of(Level level) {
  return static_cast<std::size_t>(level);
}
constexpr const LevelInfo& info(Level level) {
  return kLevels[index_of(level)];
}
// From the patient down to this one.
constexpr std::span<const LevelInfo> levels_down_to(Level level) {
  return std::span(kLevels).first(index_of(level) + 1);
}
constexpr std::optional<Level> parent(Level level) {
  if (level == Level::patient) return std::nullopt;
  return kLevels[index_of(level) - 1].level;
}
constexpr std::optional<Level> child(Level level) {
  if (level == Level::instance) return std::nullopt;
  return kLevels[index_of(level) + 1].level;
}

}  // namespace dcmfs
