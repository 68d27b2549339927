#pragma once
// Whether a store is whole, and a new index for one whose index is lost: what
// dcmfs-check does.
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "store/result.h"

namespace dcmfs {

using CheckProgress =
    std::function<void(std::string_view what, std::int64_t done, std::int64_t total)>;

struct CheckProblem {
  enum class Kind : std::uint8_t {
    index_damaged,       // by SQLite's own check
    file_missing,        // a row without its file
    file_damaged,        // size or hash differ from what was stored
    file_unknown,        // a file without a row
    file_replaced,       // rebuild: a newer file has its SOPInstanceUID; it went to rejected/
    unsendable,          // an entry of the outbox whose bytes are not there
    attachment_damaged,  // a row of an attachment without its file, or with other bytes
    unreadable,          // rebuild: the file is not (any more) an instance; it stays where it is
  };
  Kind kind;
  std::int64_t row = 0;  // of the instance: its file is blobs/.../<row>.dcm; 0: none in particular
  std::string what;      // for a person; no patient data
};
// The file of the problem, below the root of the store; empty if it is about none.
std::filesystem::path file_of(const CheckProblem&);

struct CheckReport {
  std::int64_t rows = 0;
  std::int64_t files = 0;
  std::int64_t bytes = 0;
  std::vector<CheckProblem> problems;
  bool clean() const { return problems.empty(); }
};

// Reads every stored file. Changes nothing, and may run while others use the
// store: what they add or remove meanwhile is no problem.
Result<CheckReport> check(const std::filesystem::path& root, const CheckProgress& = {});

// Makes a new index from the files, with the same row numbers and times of
// reception, and then puts it in place of the old one, all or nothing. The sequence
// of changes begins anew. busy if another program has the store open.
Result<CheckReport> rebuild(const std::filesystem::path& root, const CheckProgress& = {});

}  // namespace dcmfs
