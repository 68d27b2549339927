// find_bench STORE [INSTANCES]: how long C-FIND requests take in a store that make_rows made,
// without the network: from the identifier of the request to those of all responses.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <random>
#include <string>
#include <vector>

#include "net/find_results.h"
#include "tests/support/synthetic_rows.h"
#include "tests/support/temp_store.h"

namespace dcmfs::net {
namespace {

using Clock = std::chrono::steady_clock;
using Values = std::vector<std::pair<Tag, std::string>>;

struct Work {
  const char* name;
  const char* level;
  std::function<Values(std::int64_t study)> keys;
};

std::string family(std::int64_t study) {
  const std::string name = SyntheticRows::patient_name(study);
  return name.substr(0, name.find('^'));
}

const Work kWorks[] = {
    {"PatientID", "STUDY",
     [](std::int64_t n) {
       return Values{{tags::PatientID, SyntheticRows::patient_id(n)}};
     }},
    {"AccessionNumber", "STUDY",
     [](std::int64_t n) {
       return Values{{tags::AccessionNumber, SyntheticRows::accession_number(n)}};
     }},
    {"StudyInstanceUID", "STUDY",
     [](std::int64_t n) {
       return Values{{tags::StudyInstanceUID, SyntheticRows::study_uid(n)}};
     }},
    {"PatientName, whole", "STUDY",
     [](std::int64_t n) {
       return Values{{tags::PatientName, SyntheticRows::patient_name(n)}};
     }},
    {"PatientName, FAMILY*", "STUDY",
     [](std::int64_t n) {
       return Values{{tags::PatientName, family(n) + "*"}};
     }},
    {"PatientName, *LETTERS*", "STUDY",
     [](std::int64_t n) {
       return Values{{tags::PatientName, "*" + family(n).substr(1, 6) + "*"}};
     }},
    {"StudyDate", "STUDY",
     [](std::int64_t n) {
       return Values{{tags::StudyDate, SyntheticRows::study_date(n)}};
     }},
    {"StudyDate and ModalitiesInStudy", "STUDY",
     [](std::int64_t n) {
       return Values{{tags::StudyDate, SyntheticRows::study_date(n)},
                     {tags::ModalitiesInStudy, SyntheticRows::modality(n)}};
     }},
    {"StudyDate and PatientName, F*", "STUDY",
     [](std::int64_t n) {
       return Values{{tags::StudyDate, SyntheticRows::study_date(n)},
                     {tags::PatientName, family(n).substr(0, 1) + "*"}};
     }},
    {"ModalitiesInStudy and FAMILY*", "STUDY",
     [](std::int64_t n) {
       return Values{{tags::PatientName, family(n) + "*"},
                     {tags::ModalitiesInStudy, SyntheticRows::modality(n)}};
     }},
    {"patients, FAMILY*", "PATIENT",
     [](std::int64_t n) {
       return Values{{tags::PatientName, family(n) + "*"}};
     }},
    {"series of a study", "SERIES",
     [](std::int64_t n) {
       return Values{{tags::StudyInstanceUID, SyntheticRows::study_uid(n)}};
     }},
    {"instances of a series", "IMAGE",
     [](std::int64_t n) {
       return Values{{tags::StudyInstanceUID, SyntheticRows::study_uid(n)},
                     {tags::SeriesInstanceUID, SyntheticRows::study_uid(n) + ".1"}};
     }},
    {"a month", "STUDY",
     [](std::int64_t n) {
       const std::string month = SyntheticRows::study_date(n).substr(0, 6);
       return Values{{tags::StudyDate, month + "01-" + month + "28"}};
     }},
};

// What a workstation wants to know of a study.
constexpr Tag kAsked[] = {tags::PatientName,       tags::PatientID,
                          tags::PatientBirthDate,  tags::StudyDate,
                          tags::StudyTime,         tags::AccessionNumber,
                          tags::StudyDescription,  tags::StudyInstanceUID,
                          tags::ModalitiesInStudy, tags::NumberOfStudyRelatedInstances};

void measure(const Store& store, const Work& work, std::int64_t studies, int rounds) {
  std::mt19937_64 random(1);
  std::vector<double> milliseconds;
  std::int64_t answers = 0;
  for (int i = 0; i < rounds; ++i) {
    Dataset identifier;
    identifier.set_text(tags::QueryRetrieveLevel, work.level);
    for (const Tag tag : kAsked) identifier.set_text(tag, "");
    const auto study = static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(studies));
    for (const auto& [tag, value] : work.keys(study)) identifier.set_text(tag, value);
    const auto start = Clock::now();
    const auto request =
        TempStore::require(parse_find_request(identifier, FindModel::patient_root, {}));
    TempStore::require(find_results(store, request, {.aet = "DCMFS"}, [&](const Dataset&) {
      ++answers;
      return true;
    }));
    milliseconds.push_back(std::chrono::duration<double, std::milli>(Clock::now() - start).count());
  }
  std::ranges::sort(milliseconds);
  const auto at = [&](double part) {
    return milliseconds[static_cast<std::size_t>(part * static_cast<double>(rounds - 1))];
  };
  std::printf("| %-32s | %8.2f | %8.2f | %8.2f | %9.1f |\n", work.name, at(0.5), at(0.99), at(1),
              static_cast<double>(answers) / rounds);
  std::fflush(stdout);
}

int run(int argc, char** argv) {
  constexpr int kRounds = 300;
  if (argc < 2) {
    std::fprintf(stderr, "usage: find_bench STORE [INSTANCES]\n");
    return 2;
  }
  SyntheticRows rows;
  if (argc > 2) rows.instances = std::atoll(argv[2]);
  const auto store = TempStore::require(Store::open(argv[1], StoreOptions{.read_only = true}));
  std::printf("| work | p50 ms | p99 ms | max ms | answers |\n|---|---:|---:|---:|---:|\n");
  for (const Work& work : kWorks) measure(*store, work, rows.studies(), kRounds);
  return 0;
}

}  // namespace
}  // namespace dcmfs::net

int main(int argc, char** argv) {
  return dcmfs::net::run(argc, argv);
}
