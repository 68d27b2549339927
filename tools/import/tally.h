#pragma once
// What became of every file, counted by reason. Thread safe.
#include <chrono>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "store/result.h"

namespace dcmfs::import {

enum class Outcome : std::uint8_t {
  stored,
  existed,  // the same bytes were stored before
  ignored,  // not meant to be imported
  refused,
};
std::string_view word(Outcome);

class Tally {
 public:
  struct Case {
    Outcome outcome = Outcome::stored;
    std::string_view reason = {};  // one of few: these are counted
    std::string_view name = {};    // of the file; that of the first is kept as an example
    std::string_view detail = {};  // of this file
    std::int64_t bytes = 0;
    std::int64_t count = 1;
  };
  void add(const Case&);

  std::int64_t count(Outcome) const;
  // The lines for a person, and one line of JSON.
  std::string summary(std::chrono::duration<double> elapsed) const;
  std::string json(std::chrono::duration<double> elapsed) const;

 private:
  struct Row {
    Outcome outcome;
    std::string reason;
    std::int64_t count = 0, bytes = 0;
    std::string example;
  };
  mutable std::mutex mutex_;
  std::vector<Row> rows_;  // guarded by mutex_; few
};

// What the summary says of an error: the kind, not the case.
std::string_view reason_of(Errc);

}  // namespace dcmfs::import
