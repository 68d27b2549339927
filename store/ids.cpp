#include "store/ids.h"

#include <algorithm>
#include <cassert>
#include <optional>

#include <openssl/evp.h>

#include "store/dicom/dataset.h"
#include "store/dicom/text.h"

namespace dcmfs {
namespace {

constexpr std::string Uids::*kUids[] = {&Uids::patient_id, &Uids::study, &Uids::series,
                                        &Uids::sop_instance};  // by level
constexpr std::size_t kGroupBytes = 4;                         // between two dashes
constexpr char kHex[] = "0123456789abcdef";

std::array<std::uint8_t, 20> sha1(std::string_view text) {
  // Fetched once: a look-up by name for every id costs more than the hash itself.
  static EVP_MD* const algorithm = EVP_MD_fetch(nullptr, "SHA1", nullptr);
  std::array<std::uint8_t, 20> digest{};
  [[maybe_unused]] const int ok =
      EVP_Digest(text.data(), text.size(), digest.data(), nullptr, algorithm, nullptr);
  assert(ok == 1);
  return digest;
}

std::optional<std::uint8_t> digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return std::nullopt;
}

}  // namespace

const std::string& uid_of(const Uids& uids, Level level) {
  return uids.*kUids[index_of(level)];
}

std::string& uid_of(Uids& uids, Level level) {
  return uids.*kUids[index_of(level)];
}

Uids uids_in(const Dataset& dataset) {
  return {.patient_id = dataset.text_or(tags::PatientID, ""),
          .study = dataset.text_or(tags::StudyInstanceUID, ""),
          .series = dataset.text_or(tags::SeriesInstanceUID, ""),
          .sop_instance = dataset.text_or(tags::SOPInstanceUID, "")};
}

ResourceId ResourceId::of(Level level, const Uids& uids) {
  std::string joined;
  joined.reserve(4 * 65);
  for (const LevelInfo& each : levels_down_to(level)) {
    if (each.level != Level::patient) joined += '|';
    joined += trim(uid_of(uids, each.level));
  }
  ResourceId id;
  id.sha1_ = sha1(joined);
  return id;
}

Result<ResourceId> ResourceId::parse(std::string_view dashed) {
  const Error wrong{Errc::invalid_argument, "not the id of a resource"};
  if (dashed.size() != kDashed) return wrong;
  ResourceId id;
  std::size_t at = 0;
  for (std::size_t i = 0; i < id.sha1_.size(); ++i) {
    if (i > 0 && i % kGroupBytes == 0 && dashed[at++] != '-') return wrong;
    const auto high = digit(dashed[at++]);
    const auto low = digit(dashed[at++]);
    if (!high || !low) return wrong;
    id.sha1_[i] = static_cast<std::uint8_t>(*high << 4 | *low);
  }
  return id;
}

ResourceId ResourceId::of_parts(std::int64_t prefix, std::span<const std::uint8_t, kRest> rest) {
  ResourceId id;
  auto number = static_cast<std::uint64_t>(prefix);
  for (std::size_t i = sizeof number; i-- > 0; number >>= 8)
    id.sha1_[i] = static_cast<std::uint8_t>(number);
  std::ranges::copy(rest, id.sha1_.begin() + sizeof number);
  return id;
}

std::array<char, ResourceId::kDashed> ResourceId::dashed() const {
  std::array<char, kDashed> text;
  std::size_t at = 0;
  for (std::size_t i = 0; i < sha1_.size(); ++i) {
    if (i > 0 && i % kGroupBytes == 0) text[at++] = '-';
    text[at++] = kHex[sha1_[i] >> 4];
    text[at++] = kHex[sha1_[i] & 15];
  }
  return text;
}

std::string ResourceId::str() const {
  const auto text = dashed();
  return {text.data(), text.size()};
}

std::int64_t ResourceId::prefix() const {
  std::uint64_t number = 0;
  for (std::size_t i = 0; i < sizeof number; ++i) number = number << 8 | sha1_[i];
  return static_cast<std::int64_t>(number);
}

}  // namespace dcmfs
