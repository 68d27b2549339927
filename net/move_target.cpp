#include "net/move_target.h"

namespace dcmfs::net {
namespace {

// Who has ended so many associations ends the next, too.
constexpr int kBreaksMax = 3;

}  // namespace

MoveTarget::MoveTarget(Store& store, Peer peer, SendOptions options)
    : store_(store), peer_(std::move(peer)), options_(std::move(options)) {}

void MoveTarget::begin(std::set<StorageSyntax> syntaxes) {
  release();
  syntaxes_.clear();
  for (StorageSyntax syntax : syntaxes) {
    if (!peer_.may_transcode) syntax.is_only = true;
    syntaxes_.insert(std::move(syntax));
  }
}

Result<Status> MoveTarget::send(const PlannedInstance& planned) {
  DCMFS_TRY(auto instance, open_planned(store_, planned));
  if (!peer_.may_transcode) instance.syntax.is_only = true;
  DCMFS_CHECK(connect());
  auto status = send_instance(store_, *association_, instance, options_);
  if (status) breaks_ = 0;
  if (!association_->is_open() && ++breaks_ == kBreaksMax) gone_ = status.error();
  return status;
}

void MoveTarget::release() {
  // How that ends changes nothing: every instance has its answer.
  if (association_ && association_->is_open()) static_cast<void>(association_->release().ok());
  association_.reset();
}

Result<> MoveTarget::connect() {
  if (gone_) return *gone_;
  if (association_ && association_->is_open()) return {};
  association_.reset();
  auto association = Association::request(peer_, contexts_for(syntaxes_));
  if (!association) {
    // Nobody was asked then: the next part may be another matter.
    if (association.error().code != Errc::invalid_argument) gone_ = association.error();
    return std::move(association).error();
  }
  association_.emplace(*std::move(association));
  return {};
}

Result<SendableInstance> open_planned(const Store& store, const PlannedInstance& planned) {
  DCMFS_TRY(auto blob, store.open_file(planned.row));
  return open_instance(std::move(blob));
}

}  // namespace dcmfs::net
