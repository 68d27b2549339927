#pragma once
// modalities/NAME/ over the wire, where nobody sends: what is queued of what programs do there.
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "fs/node.h"
#include "fs/peers.h"
#include "tests/fs/wire.h"

namespace dcmfs::fs {

class FakePeers final : public Peers {
 public:
  std::vector<std::string> names() const override {
    const std::scoped_lock lock(mutex_);
    return names_;
  }
  std::string echo(const std::string& name) override { return name + " was asked"; }
  Result<std::vector<Dataset>> find_studies(const std::string& name, const Keys& keys) override {
    const std::scoped_lock lock(mutex_);
    ++asked_;
    if (name == "WS") return Error{Errc::timed_out, "silent"};
    Dataset study;
    study.set_text(tags::PatientName, "DOE^JANE");
    study.set_text(tags::PatientID, "4711");
    study.set_text(tags::StudyDate, "20240119");
    study.set_text(tags::ModalitiesInStudy, "CT");
    study.set_text(tags::StudyInstanceUID, "1.2.3");
    Dataset twin = study;
    twin.set_text(tags::StudyInstanceUID, "1.2.4");
    keys_ = keys;
    return std::vector<Dataset>{study, twin, study};
  }
  Result<> retrieve(const std::string& name, const std::string& uid) override {
    const std::scoped_lock lock(mutex_);
    if (!is_valid_uid(uid)) return Error{Errc::invalid_argument, "no UID"};
    fetched_.push_back(name + " " + uid);
    return {};
  }
  Retrieving retrieving(const std::string&) override {
    Retrieving some;
    some.studies = 1;
    return some;
  }
  std::vector<std::string> fetched() const {
    const std::scoped_lock lock(mutex_);
    return fetched_;
  }
  int asked() const {
    const std::scoped_lock lock(mutex_);
    return asked_;
  }
  Keys keys() const {
    const std::scoped_lock lock(mutex_);
    return keys_;
  }
  void set(std::vector<std::string> names) {
    const std::scoped_lock lock(mutex_);
    names_ = std::move(names);
  }

 private:
  mutable std::mutex mutex_;
  std::vector<std::string> names_{"PACS", "WS"};
  std::vector<std::string> fetched_;
  int asked_ = 0;
  Keys keys_;
};

class ModalitiesTest : public testing::Test {
 protected:
  std::uint64_t pacs() { return wire->find({"modalities", "PACS"}); }
  std::vector<Outgoing> queued(std::string_view name = "PACS") {
    return TempStore::require(store->outbox().list(name, SendState::queued, OutboxId{}, 1000));
  }
  Key add() { return store.add(a).instance; }
  std::uint64_t inode_of(Key instance, Kind kind = Kind::instance_dcm) {
    return ino({kind, static_cast<std::uint64_t>(value(instance.row))});
  }
  // What is copied, or the errno below 0.
  std::int64_t copy(std::uint64_t source, std::uint64_t from, const OpenFile& to, std::uint64_t at,
                    std::uint64_t length) {
    fuse_copy_file_range_in in{};
    in.off_in = from;
    in.nodeid_out = to.inode;
    in.fh_out = to.handle;
    in.off_out = at;
    in.len = length;
    const auto reply = wire->call(FUSE_COPY_FILE_RANGE, source, Wire::bytes_of(in));
    return reply.error != 0 ? -reply.error : std::int64_t{reply.as<fuse_write_out>().size};
  }
  int link(std::uint64_t folder, std::string_view name, std::string_view target) {
    return wire->call(FUSE_SYMLINK, folder, Wire::text(name) + Wire::text(target)).error;
  }
  // A dead letter.
  OutboxId letter(std::string_view name) {
    auto file = TempStore::require(spooled(*store, make_dicom().bytes()));
    const auto id = TempStore::require(store->outbox().put(file, name, "PACS", now()));
    for (const auto& entry :
         TempStore::require(store->outbox().claim("PACS", 100, now(), std::chrono::minutes(1)))) {
      EXPECT_OK(store->outbox().fail(entry, {Trouble::answered, "C000: cannot understand"}, now()));
    }
    return id;
  }
  int touch(std::uint64_t inode) {
    fuse_setattr_in in{};
    in.valid = FATTR_MTIME | FATTR_MTIME_NOW | FATTR_ATIME | FATTR_ATIME_NOW;
    return wire->call(FUSE_SETATTR, inode, Wire::bytes_of(in)).error;
  }
  std::string content(const Outgoing& entry) {
    const auto blob = TempStore::require(store->outbox().open(entry));
    std::string bytes(static_cast<std::size_t>(blob.size()), '\0');
    EXPECT_OK(blob.read(0, std::as_writable_bytes(std::span(bytes))));
    return bytes;
  }
  std::int64_t instances() { return store->statistics()->instances; }

  TempStore store;
  FakePeers peers;
  Options options = [this] {
    Options with_peers;
    with_peers.peers = &peers;
    return with_peers;
  }();
  std::optional<Wire> wire{std::in_place, *store, options};
  const DicomBuilder a = make_dicom().pixels(8, 8, 16);
};

}  // namespace dcmfs::fs
