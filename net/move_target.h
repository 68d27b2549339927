#pragma once
// The destination of a C-MOVE, or of what somebody wants sent at once: one association for all that
// is sent to it, made when something is.
#include <optional>
#include <set>
#include <string>

#include "net/association.h"
#include "net/retrieve_plan.h"
#include "net/send_instance.h"
#include "store/store.h"

namespace dcmfs::net {

class MoveTarget {
 public:
  MoveTarget(Store&, Peer, SendOptions);

  // What is sent from now on needs these contexts: those of an association before go with it.
  void begin(std::set<StorageSyntax>);
  // Errors: those of Association::request() and send_instance(), and what is wrong with the file.
  // After an association that could not be had, or several that broke, it is not tried again.
  Result<Status> send(const PlannedInstance&);
  void release();

 private:
  Result<> connect();

  Store& store_;
  const Peer peer_;
  const SendOptions options_;
  std::set<StorageSyntax> syntaxes_;
  std::optional<Association> association_;
  int breaks_ = 0;             // of associations, without an answer in between
  std::optional<Error> gone_;  // why it is not tried again
};

// Of what was planned: its file, if it is still there.
Result<SendableInstance> open_planned(const Store&, const PlannedInstance&);

}  // namespace dcmfs::net
