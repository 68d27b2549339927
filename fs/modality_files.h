#pragma once
// The files that stand in each modalities/NAME/ beside what is dropped there: status.json, echo, and
// those of failed/. What they say and how long that is; the tree shows it (tree_modalities.cpp).
//
// Their sizes are known before anything is: the text is padded. Thread safe.
#include <cstdint>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "fs/node.h"
#include "fs/options.h"
#include "store/store.h"

namespace dcmfs::fs {

// The number of a destination, by its name; it is the same on every mount, and above those that
// a Drop counts.
std::uint64_t number_of_destination(std::string_view name);
// not_found: nobody has that number (any more).
Result<std::string> destination_of(const Options&, std::uint64_t number);

// Its folder stands in modalities/, and it can be searched; else it is a server of DICOMweb, in peers/.
bool is_dicom_node(const Options&, std::uint64_t number);

class ModalityFiles {
 public:
  static constexpr std::int64_t kStatusBytes = 4096;
  static constexpr std::int64_t kEchoBytes = 256;
  static constexpr std::chrono::seconds kRemembered{60};  // what was tried again or given up
  static constexpr std::size_t kRememberedMax = 10'000;

  ModalityFiles(Store& store, const Options& options) : store_(store), options_(options) {}

  Result<std::string> status(const std::string& destination, Time now) const;
  std::string echo(const std::string& destination) const;  // blocks

  // -- failed/
  // A dead letter and its reason are files of one name; entries of many names can have the same.
  static std::string name_of(const Outgoing&);
  static constexpr std::string_view kReasonSuffix = ".reason.txt";
  static std::string reason_of(const Outgoing&);
  // of such a name; nullopt: it is none.
  static std::optional<OutboxId> parse(std::string_view name);
  // A dead letter; not_found if it is none (any more).
  Result<Outgoing> letter(OutboxId) const;
  // What `touch` and `rm` do.
  Result<> try_again(OutboxId, Time now);
  Result<> give_up(OutboxId, Time now);
  // It was, a moment ago. Its reason may still be asked for: `touch failed/*` goes on to touch it.
  bool was_settled(OutboxId, Time now) const;

  // For the rate: to be called every few seconds.
  void look(Time now);

 private:
  struct Seen {
    Time at;
    std::int64_t sent, sent_bytes;
  };
  static constexpr std::size_t kSeenMax = 12;

  void remember_settled(OutboxId, Time now);

  Store& store_;
  const Options& options_;
  mutable std::mutex mutex_;
  std::map<std::string, std::deque<Seen>> seen_;  // guarded by mutex_
  std::map<OutboxId, Time> settled_;              // guarded by mutex_; until when
};

}  // namespace dcmfs::fs
