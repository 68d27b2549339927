#include "tools/import/tally.h"

#include <algorithm>
#include <array>
#include <cstdio>

#include "store/dicom/json_writer.h"
#include "tools/progress.h"

namespace dcmfs::import {
namespace {

constexpr std::array kOutcomes{Outcome::stored, Outcome::existed, Outcome::ignored,
                               Outcome::refused};

int decimals_of(double seconds) {
  return seconds < 10 ? 1 : 0;
}

std::string seconds_text(double seconds) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.*f", decimals_of(seconds), seconds);
  return text.data();
}

std::string files_text(std::int64_t count) {
  return tools::count_text(count) + (count == 1 ? " file " : " files ");
}

}  // namespace

std::string_view word(Outcome outcome) {
  switch (outcome) {
    case Outcome::stored:
      return "stored";
    case Outcome::existed:
      return "already stored";
    case Outcome::ignored:
      return "ignored";
    case Outcome::refused:
      return "refused";
  }
  return "";
}

std::string_view reason_of(Errc code) {
  switch (code) {
    case Errc::not_dicom:
      return "not DICOM";
    case Errc::corrupt:
      return "broken";
    case Errc::already_exists:
      return "its SOPInstanceUID is stored with other content";
    case Errc::too_large:
      return "over a limit";
    case Errc::no_space:
      return "no space left in the store";
    case Errc::over_quota:
      return "the store has reached its maximum size";
    case Errc::not_supported:
      return "not supported";
    case Errc::denied:
      return "refused by policy";
    case Errc::invalid_argument:
      return "no instance of a patient's study";
    case Errc::not_found:
    case Errc::io:
    case Errc::busy:
    case Errc::cancelled:
    case Errc::timed_out:
      return "could not be read or written";
  }
  return "";
}

void Tally::add(const Case& c) {
  const std::lock_guard lock(mutex_);
  auto row = std::find_if(rows_.begin(), rows_.end(), [&](const Row& r) {
    return r.outcome == c.outcome && r.reason == c.reason;
  });
  if (row == rows_.end()) {
    std::string example(c.name);
    if (!c.detail.empty()) example += " (" + std::string(c.detail) + ")";
    rows_.push_back({c.outcome, std::string(c.reason), 0, 0, std::move(example)});
    row = rows_.end() - 1;
  }
  row->count += c.count;
  row->bytes += c.bytes;
}

std::int64_t Tally::count(Outcome outcome) const {
  const std::lock_guard lock(mutex_);
  std::int64_t sum = 0;
  for (const Row& row : rows_)
    if (row.outcome == outcome) sum += row.count;
  return sum;
}

std::string Tally::summary(std::chrono::duration<double> elapsed) const {
  const std::int64_t stored = count(Outcome::stored);
  const std::lock_guard lock(mutex_);
  std::int64_t bytes = 0;
  for (const Row& row : rows_)
    if (row.outcome == Outcome::stored) bytes += row.bytes;
  std::string text = files_text(stored) + "stored, " + tools::size_text(bytes) + " in " +
                     seconds_text(elapsed.count()) + " s\n";
  for (const Outcome outcome : kOutcomes) {
    if (outcome == Outcome::stored) continue;
    for (const Row& row : rows_) {
      if (row.outcome != outcome) continue;
      text += files_text(row.count) + std::string(word(outcome));
      if (!row.reason.empty()) text += ": " + row.reason;
      if (outcome != Outcome::existed) text += ", for example " + row.example;
      text += "\n";
    }
  }
  return text;
}

std::string Tally::json(std::chrono::duration<double> elapsed) const {
  std::array<std::int64_t, kOutcomes.size()> counts{};
  for (std::size_t i = 0; i < counts.size(); ++i) counts[i] = count(kOutcomes[i]);
  const std::lock_guard lock(mutex_);
  std::int64_t bytes = 0;
  for (const Row& row : rows_)
    if (row.outcome == Outcome::stored) bytes += row.bytes;

  JsonWriter json(JsonWriter::Layout::one_line);
  json.begin_object();
  json.member("stored", counts[0]).member("alreadyStored", counts[1]);
  json.member("ignored", counts[2]).member("refused", counts[3]);
  json.member("bytes", bytes);
  json.key("seconds").decimal(elapsed.count(), decimals_of(elapsed.count()));
  json.key("reasons").begin_array();
  for (const Row& row : rows_) {
    if (row.outcome != Outcome::ignored && row.outcome != Outcome::refused) continue;
    json.begin_object();
    json.member("outcome", word(row.outcome)).member("reason", row.reason);
    json.member("count", row.count).member("example", row.example);
    json.end_object();
  }
  json.end_array().end_object();
  return std::move(json).take();
}

}  // namespace dcmfs::import
