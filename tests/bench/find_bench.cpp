// find_bench STORE [INSTANCES]: how long C-FIND requests take in a store that make_rows made, from
// the identifier of the request to those of all responses: of the store alone, and over loopback.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <random>
#include <string>
#include <vector>

#include "net/find_service.h"
#include "net/server.h"
#include "store/find/find_results.h"
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

Dataset identifier_of(const Work& work, std::int64_t study) {
  Dataset identifier;
  identifier.set_text(tags::QueryRetrieveLevel, work.level);
  for (const Tag tag : kAsked) identifier.set_text(tag, "");
  for (const auto& [tag, value] : work.keys(study)) identifier.set_text(tag, value);
  return identifier;
}

// Each answers how many responses there were.
std::int64_t ask_the_store(const Store& store, const Dataset& identifier) {
  std::int64_t answers = 0;
  const auto request =
      TempStore::require(parse_find_request(identifier, FindModel::patient_root, {}));
  TempStore::require(find_results(store, request, {.aet = "DCMFS"}, [&](const Dataset&) {
    ++answers;
    return true;
  }));
  return answers;
}

std::int64_t ask_the_node(Association& association, const Dataset& identifier) {
  const auto command =
      make_request(CommandField::c_find_rq, association.next_message_id(), kFindSopClasses[0]);
  if (!association.send(1, command, identifier)) std::abort();
  for (std::int64_t answers = 0;; ++answers) {
    const auto message = TempStore::require(association.receive());
    if (class_of(message.status()) != StatusClass::pending) return answers;
    TempStore::require(association.receive_dataset());
  }
}

void measure(const char* name, std::int64_t studies, const Work& work,
             const std::function<std::int64_t(const Dataset&)>& ask) {
  constexpr int kRounds = 300;
  std::mt19937_64 random(1);
  std::vector<double> milliseconds;
  std::int64_t answers = 0;
  for (int i = 0; i < kRounds; ++i) {
    const auto study = static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(studies));
    const Dataset identifier = identifier_of(work, study);
    const auto start = Clock::now();
    answers += ask(identifier);
    milliseconds.push_back(std::chrono::duration<double, std::milli>(Clock::now() - start).count());
  }
  std::ranges::sort(milliseconds);
  const auto at = [&](double part) {
    return milliseconds[static_cast<std::size_t>(part * (kRounds - 1))];
  };
  std::printf("| %-32s | %-7s | %8.2f | %8.2f | %8.2f | %9.1f |\n", work.name, name, at(0.5),
              at(0.99), at(1), static_cast<double>(answers) / kRounds);
  std::fflush(stdout);
}

int run(int argc, char** argv) {
  if (argc < 2) {
    std::fprintf(stderr, "usage: find_bench STORE [INSTANCES]\n");
    return 2;
  }
  SyntheticRows rows;
  if (argc > 2) rows.instances = std::atoll(argv[2]);
  const auto store = TempStore::require(Store::open(argv[1], StoreOptions{.read_only = true}));
  const auto server = TempStore::require(Server::start(*store, Options()));
  auto association = TempStore::require(Association::request(
      {.aet = "DCMFS", .host = "127.0.0.1", .port = server->port(), .calling_aet = "BENCH"},
      {{.abstract_syntax = std::string(kFindSopClasses[0]),
        .transfer_syntaxes = {std::string(uids::ExplicitVRLittleEndian)}}}));
  std::printf(
      "| work | of | p50 ms | p99 ms | max ms | answers |\n|---|---|---:|---:|---:|---:|\n");
  for (const Work& work : kWorks) {
    measure("store", rows.studies(), work,
            [&](const Dataset& identifier) { return ask_the_store(*store, identifier); });
    measure("network", rows.studies(), work,
            [&](const Dataset& identifier) { return ask_the_node(association, identifier); });
  }
  return 0;
}

}  // namespace
}  // namespace dcmfs::net

int main(int argc, char** argv) {
  return dcmfs::net::run(argc, argv);
}
