#pragma once
// How the sub-operations of one C-MOVE or C-GET go, and the responses that tell it (PS3.4 C.4.2.1,
// C.4.3.1). Who sends them says how each went; no failure of one ends the others.
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "net/service.h"

namespace dcmfs::net {

class SubOperations {
 public:
  // `total` of them remain.
  SubOperations(const Call&, std::size_t total);

  // Between two of them: whether the peer wants no more. An error is one of its association, which
  // has ended by it.
  Result<bool> is_cancelled();
  // The same, seen by who receives its messages meanwhile. False: it is none that may come then.
  bool see(const Message&);

  // One has ended: with that status, or it could not be carried out.
  void count(std::string_view sop_instance, const Result<Status>&);
  // A pending response, unless there was one a moment ago, or all is done.
  Result<> tell();
  // The last response: by how they went. Those that remain are told if it is cancelled.
  Result<> end();

  // Of the last one that failed; "" if none did.
  const std::string& why() const { return why_; }

 private:
  Dataset response(Status) const;
  Status final_status() const;

  const Call& call_;
  std::size_t remaining_, completed_ = 0, failed_ = 0, warning_ = 0;
  bool cancelled_ = false;
  std::string failed_uids_;  // joined by '\'
  std::string why_;
  std::chrono::steady_clock::time_point told_{};
};

}  // namespace dcmfs::net
