#pragma once
// What an administrator decides about the DICOM node.
#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "net/association.h"

namespace dcmfs::net {

struct Options {
  std::string host = "127.0.0.1";
  int port = 0;  // 0: a free one
  std::string aet = "DCMFS";
  bool check_called_aet = false;
  int associations_max = 32;
  int pdu_bytes_max = kPduBytesMax;
  std::chrono::seconds timeout{30};  // of a peer that says nothing
  // Storage: SOP classes that the dictionary does not have, private ones above all.
  bool accept_unknown_sop_classes = true;
  // C-FIND: whether a request must say the unique keys of all levels above its own, and how many
  // results it gets at most (0: all), of instances and of the other levels.
  bool strict_hierarchy = false;
  std::int64_t find_results_max = 0, find_instances_max = 0;
  // Told one line of what the administrator may want to know. Called from any thread.
  std::function<void(std::string_view)> log = [](std::string_view) {};
};

}  // namespace dcmfs::net
