#include "store/entry_names.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <initializer_list>
#include <optional>
#include <utility>

#include <openssl/evp.h>

#include "store/dicom/date_time.h"
#include "store/dicom/person_name.h"
#include "store/dicom/text.h"
#include "store/number.h"

namespace dcmfs {
namespace {

// An identifier in brackets: LO has 64 characters (PS3.5 6.2). What stands before it is cut first.
constexpr std::size_t kBracketBytesMax = 64;
constexpr std::size_t kHashLettersMin = 4;
constexpr int kSeriesDigits = 3;
constexpr int kInstanceDigits = 4;

// Characters that show nothing, or that make others show elsewhere, between these two in UTF-8.
struct Invisible {
  std::string_view first, last;
};
constexpr Invisible kInvisible[] = {
    {"\u0080", "\u009F"},                        // control characters
    {"\u200E", "\u200F"}, {"\u2028", "\u202E"},  // marks, ends and overrides of direction
    {"\u2066", "\u2069"}, {"\uFEFF", "\uFEFF"},
};

bool is_dropped(std::string_view character) {
  const char c = character.front();
  if (character.size() == 1) return c < ' ' || c == '\x7F' || c == '/';
  return std::any_of(std::begin(kInvisible), std::end(kInvisible), [&](const Invisible& range) {
    return character.size() == range.first.size() && character >= range.first &&
           character <= range.last;
  });
}

// NFC, without what no name may contain.
std::string clean(std::string_view utf8) {
  const auto text = repair_utf8(utf8);
  std::string kept;
  for (std::size_t at = 0; at < text.size();) {
    auto end = at + 1;
    while (end < text.size() && (text[end] & 0xC0) == 0x80) ++end;
    const auto character = std::string_view(text).substr(at, end - at);
    if (!is_dropped(character)) kept += character;
    at = end;
  }
  auto name = to_nfc(kept);
  constexpr std::string_view kForbiddenByWindows = "\\:*?\"<>|";
  for (char& c : name)
    if (kForbiddenByWindows.find(c) != std::string_view::npos) c = '_';
  return name;
}

std::string_view trim_name(std::string_view name) {
  while (!name.empty() && name.front() == ' ') name.remove_prefix(1);
  while (!name.empty() && (name.back() == ' ' || name.back() == '.')) name.remove_suffix(1);
  return name;
}

// Where a '_' makes an ordinary name of "CON", "com1.txt" or "aux .x".
std::optional<std::size_t> end_of_device_name(std::string_view name) {
  const auto stem = trim_right(name.substr(0, name.find('.')));
  const auto folded = fold(stem);
  for (const std::string_view device : {"con", "prn", "aux", "nul", "conin$", "conout$"})
    if (folded == device) return stem.size();
  if (!folded.starts_with("com") && !folded.starts_with("lpt")) return std::nullopt;
  const auto port = std::string_view(folded).substr(3);
  const bool is_port = (port.size() == 1 && port[0] >= '0' && port[0] <= '9') || port == "¹" ||
                       port == "²" || port == "³";
  return is_port ? std::optional(stem.size()) : std::nullopt;
}

std::string joined(std::initializer_list<std::string> parts) {
  std::string text;
  for (const auto& part : parts) {
    const auto name = trim(part);
    if (name.empty()) continue;
    if (!text.empty()) text += ' ';
    text += name;
  }
  return text;
}

// "descriptive [identifier]", each left out if empty; `otherwise` if both are.
std::string entry_name(const std::string& descriptive, std::string_view identifier,
                       std::string_view otherwise) {
  std::string bracket;
  const auto cleaned = clean(identifier);
  if (const auto kept = trim(cut_utf8(trim(cleaned), kBracketBytesMax)); !kept.empty())
    bracket = "[" + std::string(kept) + "]";
  // One byte for the space between, one for the '_' that may come before.
  const auto room = kEntryNameBytesMax - bracket.size() - 2;
  auto name = safe_name(joined({std::string(cut_utf8(descriptive, room)), bracket}));
  return name.empty() ? std::string(otherwise) : name;
}

std::string cleaned(const Dataset& dataset, Tag tag) {
  return clean(dataset.text_or(tag, ""));
}

std::string name_of_patient(const Dataset& dataset) {
  const auto text = dataset.text_or(tags::PatientName, "");
  const auto name = split(text, '\\').front();
  // The alphabetic group, unless only the ideographic or phonetic one is there.
  for (const std::size_t group : {0, 1, 2})
    if (const auto shown = name_group(name, group); !shown.empty()) return clean(shown);
  return {};
}

std::string padded_number(const Dataset& dataset, Tag tag, int digits) {
  const auto number = dataset.integer(tag);
  if (!number) return {};
  return zero_padded(*number, digits + (*number < 0 ? 1 : 0));
}

int date_of(const Dataset& dataset, Tag tag) {
  const auto text = dataset.text_or(tag, "");
  const auto date = parse_date(split(text, '\\').front());
  if (!date) return 0;
  const auto number = static_cast<int>(date->first);
  const std::chrono::year_month_day day{
      std::chrono::year(number / 10000),
      std::chrono::month(static_cast<unsigned>(number / 100 % 100)),
      std::chrono::day(static_cast<unsigned>(number % 100))};
  return day.ok() ? number : 0;
}

std::string shown_date(int date) {
  if (date == 0) return {};
  char buffer[32];
  const int size = std::snprintf(buffer, sizeof buffer, "%04d-%02d-%02d", date / 10000,
                                 date / 100 % 100, date % 100);
  return std::string(buffer, static_cast<std::size_t>(std::max(size, 0)));
}

// A name beside which the tree puts a file of its own.
std::string beside(std::initializer_list<std::string_view> own_files, std::string name) {
  const auto folded = fold(name);
  if (std::find(own_files.begin(), own_files.end(), folded) != own_files.end()) name += '_';
  return name;
}

// Letters that say which UID it was; Crockford's base 32 has none that look alike.
std::string hash_letters(std::string_view uid, int attempt) {
  constexpr std::string_view kAlphabet = "0123456789abcdefghjkmnpqrstvwxyz";
  std::array<unsigned char, EVP_MAX_MD_SIZE> hash{};
  unsigned int size = 0;
  EVP_Digest(uid.data(), uid.size(), hash.data(), &size, EVP_sha1(), nullptr);
  const auto count = std::min<std::size_t>(
      kHashLettersMin + static_cast<std::size_t>(std::max(attempt, 0)), 8 * std::size_t{size} / 5);
  std::string letters;
  for (std::size_t bit = 0; letters.size() < count; bit += 5) {
    const unsigned two_bytes = hash[bit / 8] << 8u | hash[bit / 8 + 1];
    letters += kAlphabet[two_bytes >> (11 - bit % 8) & 31u];
  }
  return letters;
}

std::string with_ending(std::string_view name, const std::string& ending) {
  const auto kept = trim_right(cut_utf8(name, kEntryNameBytesMax - ending.size()));
  return std::string(kept) + ending;
}

}  // namespace

std::string safe_name(std::string_view utf8) {
  const auto cleaned = clean(utf8);
  std::string name(trim_name(cleaned));
  if (name.starts_with('.') || name.starts_with('-')) name.insert(name.begin(), '_');
  const auto cut = [&name] { name.resize(trim_name(cut_utf8(name, kEntryNameBytesMax)).size()); };
  cut();
  if (const auto end = end_of_device_name(name)) {
    name.insert(name.begin() + static_cast<std::ptrdiff_t>(*end), '_');
    cut();
  }
  return name;
}

std::string patient_name(const Dataset& dataset) {
  return entry_name(name_of_patient(dataset), dataset.text_or(tags::PatientID, ""), "NoName");
}

std::string study_name(const Dataset& dataset) {
  const auto descriptive =
      joined({shown_date(study_date(dataset)), cleaned(dataset, tags::Modality),
              cleaned(dataset, tags::StudyDescription)});
  return beside({"patient.json"},
                entry_name(descriptive, dataset.text_or(tags::AccessionNumber, ""), "NoDate"));
}

std::string series_name(const Dataset& dataset) {
  const auto descriptive =
      joined({padded_number(dataset, tags::SeriesNumber, kSeriesDigits),
              cleaned(dataset, tags::Modality), cleaned(dataset, tags::SeriesDescription)});
  return beside({"study.json", "study.zip"}, entry_name(descriptive, "", "Series"));
}

std::string instance_name(const Dataset& dataset) {
  return safe_name(padded_number(dataset, tags::InstanceNumber, kInstanceDigits));
}

std::string study_link_name(const Dataset& dataset) {
  const auto descriptive = joined({name_of_patient(dataset), cleaned(dataset, tags::Modality),
                                   cleaned(dataset, tags::StudyDescription)});
  return entry_name(descriptive, dataset.text_or(tags::AccessionNumber, ""), "NoName");
}

std::string series_link_name(const Dataset& dataset) {
  const auto descriptive = joined({name_of_patient(dataset), cleaned(dataset, tags::Modality),
                                   cleaned(dataset, tags::StudyDescription),
                                   padded_number(dataset, tags::SeriesNumber, kSeriesDigits),
                                   cleaned(dataset, tags::SeriesDescription)});
  return entry_name(descriptive, "", "NoName");
}

std::string modality_folder_name(const Dataset& dataset) {
  auto name = safe_name(dataset.text_or(tags::Modality, ""));
  return name.empty() ? "NoModality" : name;
}

int study_date(const Dataset& dataset) {
  return date_of(dataset, tags::StudyDate);
}

int series_date(const Dataset& dataset) {
  const int date = date_of(dataset, tags::SeriesDate);
  return date != 0 ? date : study_date(dataset);
}

std::string told_apart(std::string_view name, std::string_view uid, int attempt) {
  return with_ending(name, " ~" + hash_letters(uid, attempt));
}

std::string instance_told_apart(std::string_view name, std::string_view uid, int attempt) {
  const auto letters = hash_letters(uid, attempt);
  return name.empty() ? "x-" + letters : with_ending(name, "~" + letters);
}

}  // namespace dcmfs
