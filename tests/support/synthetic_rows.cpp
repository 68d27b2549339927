#include "tests/support/synthetic_rows.h"

#include <array>
#include <chrono>
#include <string_view>

#include "store/attributes.h"
#include "store/detail/folders.h"
#include "store/detail/index.h"
#include "store/store.h"

namespace dcmfs {
namespace {

constexpr std::int64_t kInstancesOfBatch = 20'000;
constexpr int kFirstYear = 2014, kYears = 10;

// A number that looks random and is the same every time (splitmix64).
std::uint64_t mixed(std::int64_t number, std::uint64_t about) {
  std::uint64_t z =
      static_cast<std::uint64_t>(number) * 0x9e3779b97f4a7c15 + about * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
  return z ^ (z >> 31);
}

std::string padded_number(std::int64_t number, std::size_t digits) {
  const std::string text = std::to_string(number);
  return std::string(digits - std::min(digits, text.size()), '0') + text;
}

// Syllables make 8,000 families, of which some are frequent.
std::string name_of(std::int64_t patient) {
  constexpr std::array<std::string_view, 20> kSyllables{
      "SMI", "TH", "MUL", "LER", "GAR", "CIA", "ROS", "SIN", "WAL", "KER",
      "JON", "ES", "BRO", "WN",  "DA",  "VIS", "MAR", "TIN", "LO",  "PEZ"};
  constexpr std::array<std::string_view, 12> kGiven{
      "ANNA", "JOHN", "MARIA", "PETER", "LI", "AHMED", "OLGA", "JOSE", "EVA", "PAUL", "MIA", "TOM"};
  const auto piece = [&](std::uint64_t about) {
    const auto one = mixed(patient, about) % kSyllables.size();
    const auto two = mixed(patient, about + 1) % kSyllables.size();
    return kSyllables[std::min(one, two)];  // the first ones are frequent
  };
  std::string name(piece(1));
  name += piece(3);
  name += piece(5);
  name += '^';
  name += kGiven[mixed(patient, 7) % kGiven.size()];
  return name;
}

std::int64_t patient_of(std::int64_t study) {
  return study * 3 / 5;
}

detail::NewInstance row_of(std::int64_t number) {
  const std::int64_t series = number / SyntheticRows::kInstancesOfSeries;
  const std::int64_t study = series / SyntheticRows::kSeriesOfStudy;
  const std::int64_t of_study = series % SyntheticRows::kSeriesOfStudy + 1;
  detail::NewInstance row;
  const std::string study_uid = SyntheticRows::study_uid(study);
  const std::string series_uid = study_uid + "." + std::to_string(of_study);
  row.uids = {SyntheticRows::patient_id(study), study_uid, series_uid,
              series_uid + "." + std::to_string(number % SyntheticRows::kInstancesOfSeries + 1)};
  const std::string name = SyntheticRows::patient_name(study),
                    date = SyntheticRows::study_date(study);
  const std::string modality = SyntheticRows::modality(study);
  row.patient_name = name + " [" + row.uids.patient_id + "]";
  row.study_name = date + " " + modality;
  row.series_name = padded_number(of_study, 3) + " " + modality;
  row.instance_name = padded_number(number % SyntheticRows::kInstancesOfSeries + 1, 4);
  row.study_link = row.patient_name + " " + row.study_name;
  row.series_link = row.study_link + " " + padded_number(of_study, 3);
  row.modality = modality;
  row.study_date = row.series_date = std::stoi(date);
  row.file.size = 526'000;
  row.file.transfer_syntax = "1.2.840.10008.1.2.1";
  row.file.received = from_ms(1'700'000'000'000 + number);
  row.sizes = {.json = 3000, .rows = 512, .columns = 512, .channels = 1, .frames = 1};
  row.values.resize(attributes().size());
  const auto set = [&](Tag tag, std::string value) {
    for (const Attribute& attribute : attributes())
      if (attribute.tag == tag)
        row.values[static_cast<std::size_t>(&attribute - attributes().data())] = value;
  };
  set(tags::PatientName, name);
  set(tags::PatientBirthDate,
      "19" + padded_number(static_cast<std::int64_t>(mixed(patient_of(study), 9) % 100), 2) +
          "0615");
  set(tags::PatientSex, mixed(patient_of(study), 10) % 2 != 0 ? "F" : "M");
  set(tags::StudyDate, date);
  set(tags::StudyTime, padded_number(static_cast<std::int64_t>(mixed(study, 11) % 24), 2) + "3000");
  set(tags::StudyDescription,
      modality + " of the " + (mixed(study, 12) % 2 != 0 ? "head" : "chest"));
  set(tags::AccessionNumber, SyntheticRows::accession_number(study));
  set(tags::ReferringPhysicianName, name_of(static_cast<std::int64_t>(mixed(study, 13) % 500)));
  set(tags::Modality, modality);
  set(tags::SeriesNumber, std::to_string(of_study));
  set(tags::SeriesDescription, "axial " + std::to_string(of_study));
  set(tags::BodyPartExamined, "HEAD");
  set(tags::SOPClassUID, "1.2.840.10008.5.1.4.1.1.2");
  set(tags::InstanceNumber, std::to_string(number % SyntheticRows::kInstancesOfSeries + 1));
  set(tags::Rows, "512");
  set(tags::Columns, "512");
  set(tags::BitsAllocated, "16");
  return row;
}

}  // namespace

std::string SyntheticRows::patient_id(std::int64_t study) {
  return "PAT" + padded_number(patient_of(study), 7);
}

std::string SyntheticRows::patient_name(std::int64_t study) {
  return name_of(patient_of(study));
}

std::string SyntheticRows::accession_number(std::int64_t study) {
  return "A" + padded_number(static_cast<std::int64_t>(mixed(study, 21) % 1'000'000'000), 9);
}

std::string SyntheticRows::study_uid(std::int64_t study) {
  return "1.2.826.0.1.3680043.9.7268." + std::to_string(1'000'000 + study);
}

std::string SyntheticRows::study_date(std::int64_t study) {
  using namespace std::chrono;
  constexpr std::int64_t kDays = kYears * 365;
  const year_month_day day(sys_days(year(kFirstYear) / January / 1) +
                           days(static_cast<std::int64_t>(mixed(study, 22)) & 0x7fffffff) % kDays);
  return padded_number(
      (std::int64_t{static_cast<int>(day.year())} * 100 + unsigned(day.month())) * 100 +
          unsigned(day.day()),
      8);
}

std::string SyntheticRows::modality(std::int64_t study) {
  constexpr std::array<std::string_view, 10> kModalities{"CT", "CT", "CT", "MR", "MR",
                                                         "CR", "DX", "US", "MG", "PT"};
  return std::string(kModalities[mixed(study, 23) % kModalities.size()]);
}

Result<> make_synthetic_store(const std::filesystem::path& root, const SyntheticRows& rows) {
  const StoreOptions options{.durability = Durability::relaxed};
  { DCMFS_TRY(const auto made, Store::open(root, options)); }
  DCMFS_TRY(const auto index,
            detail::Index::open(detail::Folders(root).index(), detail::Index::Mode::read_write,
                                Durability::relaxed));
  for (std::int64_t first = 0; first < rows.instances; first += kInstancesOfBatch) {
    DCMFS_TRY(auto batch, index->begin());
    Key last{};
    for (std::int64_t n = first; n < std::min(first + kInstancesOfBatch, rows.instances); ++n) {
      DCMFS_TRY(last, batch.insert(row_of(n)));
    }
    // Or the next start would look for the files.
    const detail::RowRange so_far{RowId{1}, last.row};
    DCMFS_CHECK(batch.with(
        [&](detail::Connection& db) { return detail::add_synced(db, std::span(&so_far, 1)); }));
    DCMFS_CHECK(batch.commit());
  }
  return index->write_log_back();
}

}  // namespace dcmfs
