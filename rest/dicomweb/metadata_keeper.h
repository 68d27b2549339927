#pragma once
// Makes the metadata of each series into one file (metadata_pack.h) once it has grown no more for a while, or
// when somebody asked for it who had to read it from the instances; and drops it when one of them is removed.
//
// A follower of the change feed with a thread of its own, of low priority. How far it has come is kept from time
// to time: what it does twice changes nothing.
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <set>
#include <stop_token>
#include <string_view>
#include <thread>

#include "rest/services.h"

namespace dcmfs::rest {

class MetadataKeeper {
 public:
  // Shorter ones are as quickly read from their instances.
  static constexpr std::size_t kInstancesMin = 8;
  using Log = std::function<void(std::string_view)>;

  // What is written to where is of these services, which must outlive it.
  MetadataKeeper(const Services&, Log);
  ~MetadataKeeper();

  void want(RowId series);  // thread safe; returns at once

  // What the thread does each second: all that has changed, and what was wanted. For tests, too.
  Result<> look(const std::stop_token& = {});

 private:
  Result<> follow();
  Result<> make(RowId series, const std::stop_token&);
  void run(const std::stop_token&);

  const Services services_;
  const Log log_;
  std::int64_t seq_ = 0, kept_seq_ = 0;
  std::mutex looking_;
  std::mutex mutex_;
  std::condition_variable_any is_wanted_;
  std::set<RowId> wanted_;  // guarded by mutex_
  std::jthread thread_;     // last: it uses all of the above
};

}  // namespace dcmfs::rest
