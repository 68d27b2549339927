#pragma once
// What C-STORE accepts, as far as it may change while the program runs: what the configuration says at first, until
// the process ends. Thread safe.
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace dcmfs::rest {

class Acceptance {
 public:
  Acceptance() : Acceptance({"*"}, true) {}
  // UIDs of transfer syntaxes, in which '*' and '?' may stand; whether SOP classes that nobody knows.
  Acceptance(std::vector<std::string> transfer_syntaxes, bool unknown_sop_classes);

  bool accepts_transfer_syntax(std::string_view uid) const;
  void accept_transfer_syntaxes(std::vector<std::string> patterns);
  bool accepts_unknown_sop_classes() const;
  void accept_unknown_sop_classes(bool);

 private:
  mutable std::mutex mutex_;
  std::vector<std::string> transfer_syntaxes_;  // guarded by mutex_
  bool unknown_sop_classes_;                    // guarded by mutex_
};

}  // namespace dcmfs::rest
