// find_client NAME AET PORT...: how long nodes on this machine take to answer the same C-FIND
// requests, over one association to each, in turn; from the identifier to the last response.
// They must hold the same. The values that are asked for are those of the first one's studies.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <random>
#include <string>
#include <vector>

#include "net/association.h"
#include "net/find_service.h"
#include "store/dicom/transfer_syntax.h"
#include "tests/support/temp_store.h"

namespace dcmfs::net {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int kRounds = 100;

// What a workstation wants to know of a study.
constexpr Tag kAsked[] = {tags::PatientName,      tags::PatientID,       tags::PatientBirthDate,
                          tags::StudyDate,        tags::StudyTime,       tags::AccessionNumber,
                          tags::StudyDescription, tags::StudyInstanceUID};

struct Work {
  const char* name;
  Tag tag;
  std::function<std::string(const std::string& value)> key;
};

const Work kWorks[] = {
    {"exact: PatientID", tags::PatientID, [](const std::string& value) { return value; }},
    {"exact: StudyInstanceUID", tags::StudyInstanceUID,
     [](const std::string& value) { return value; }},
    {"prefix: three letters of PatientName and `*`", tags::PatientName,
     [](const std::string& value) { return value.substr(0, 3) + "*"; }},
    {"a month by StudyDate", tags::StudyDate,
     [](const std::string& value) {
       return value.substr(0, 6) + "01-" + value.substr(0, 6) + "31";
     }},
    {"a year by StudyDate", tags::StudyDate,
     [](const std::string& value) {
       return value.substr(0, 4) + "0101-" + value.substr(0, 4) + "1231";
     }},
};

struct Node {
  std::string name;
  Association association;
};

Association connect(const std::string& aet, int port) {
  return TempStore::require(
      Association::request({.aet = aet, .host = "127.0.0.1", .port = port, .calling_aet = "BENCH"},
                           {{.abstract_syntax = std::string(kFindSopClasses[0]),
                             .transfer_syntaxes = {std::string(uids::ExplicitVRLittleEndian)}}}));
}

std::vector<Dataset> ask(Association& association, Tag tag, const std::string& value) {
  Dataset identifier;
  identifier.set_text(tags::QueryRetrieveLevel, "STUDY");
  for (const Tag asked : kAsked) identifier.set_text(asked, "");
  identifier.set_text(tag, value);
  auto command =
      make_request(CommandField::c_find_rq, association.next_message_id(), kFindSopClasses[0]);
  command.set_number(tags::Priority, 0);  // medium
  if (const auto sent = association.send(1, command, identifier); !sent) {
    std::fprintf(stderr, "%s\n", sent.error().message.c_str());
    std::exit(1);
  }
  for (std::vector<Dataset> answers;;) {
    const auto message = TempStore::require(association.receive());
    if (class_of(message.status()) != StatusClass::pending) return answers;
    answers.push_back(TempStore::require(association.receive_dataset()));
  }
}

void measure(std::vector<Node>& nodes, const std::vector<Dataset>& studies, const Work& work) {
  std::mt19937_64 random(1);
  std::vector<std::vector<double>> milliseconds(nodes.size());
  std::size_t answers = 0;
  for (int i = 0; i < kRounds; ++i) {
    const auto& study = studies[random() % studies.size()];
    const std::string value = work.key(study.text_or(work.tag, ""));
    std::vector<std::size_t> counts;
    for (std::size_t n = 0; n < nodes.size(); ++n) {
      const auto start = Clock::now();
      counts.push_back(ask(nodes[n].association, work.tag, value).size());
      const std::chrono::duration<double, std::milli> took = Clock::now() - start;
      milliseconds[n].push_back(took.count());
    }
    answers += counts.front();
    if (std::ranges::count(counts, counts.front()) != std::ssize(counts)) {
      std::fprintf(stderr, "%s: not as many answers everywhere\n", work.name);
      std::exit(1);
    }
  }
  std::printf("%s\t%.1f", work.name, static_cast<double>(answers) / kRounds);
  for (auto& times : milliseconds) {
    std::ranges::sort(times);
    std::printf("\t%.3f", times[times.size() / 2]);
  }
  std::printf("\n");
  std::fflush(stdout);
}

int run(int argc, char** argv) {
  if (argc < 4 || argc % 3 != 1) {
    std::fprintf(stderr, "usage: find_client NAME AET PORT [NAME AET PORT]...\n");
    return 2;
  }
  std::vector<Node> nodes;
  for (int i = 1; i < argc; i += 3)
    nodes.push_back({argv[i], connect(argv[i + 1], std::atoi(argv[i + 2]))});
  const auto studies = ask(nodes.front().association, tags::StudyInstanceUID, "");
  for (const Work& work : kWorks) measure(nodes, studies, work);
  return 0;
}

}  // namespace
}  // namespace dcmfs::net

int main(int argc, char** argv) {
  return dcmfs::net::run(argc, argv);
}
