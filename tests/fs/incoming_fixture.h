#pragma once
// incoming/ over the wire, and what became of what was dropped there.
#include <chrono>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "tests/fs/wire.h"

namespace dcmfs::fs {

inline bool wait_until(const std::function<bool()>& condition) {
  for (int i = 0; i < 2000 && !condition(); ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  return condition();
}

class IncomingTest : public testing::Test {
 protected:
  std::uint64_t incoming() { return wire->find({"incoming"}); }
  OpenFile open(std::string_view name, int flags) {
    return wire->open(wire->find({"incoming", name}), flags);
  }
  bool is_there(std::string_view name) {
    return wire->lookup(incoming(), name).as<fuse_entry_out>().nodeid != 0;
  }
  std::vector<std::string> in_incoming() { return names_of(wire->list(incoming())); }
  std::vector<std::string> rejected() { return names_of(wire->list(wire->find({"rejected"}))); }
  std::string report() { return wire->read(wire->find({"incoming", "report.jsonl"})); }
  std::vector<std::string> stored() {
    std::vector<std::string> all;
    Query query;
    query.level = Level::instance;
    EXPECT_OK(store->find(query, [&](const Resource& resource) {
      const auto blob = TempStore::require(store->open_file(resource.key.row));
      std::string bytes(static_cast<std::size_t>(blob.size()), '\0');
      EXPECT_OK(blob.read(0, std::as_writable_bytes(std::span(bytes))));
      all.push_back(bytes);
      return true;
    }));
    return all;
  }
  std::vector<std::string> in_spool() {
    std::vector<std::string> names;
    for (const auto& entry :
         std::filesystem::recursive_directory_iterator(store.root() / "spool")) {
      if (entry.is_regular_file()) names.push_back(entry.path().filename());
    }
    return names;
  }
  // A new daemon on the same store.
  void restart() {
    wire.reset();
    store.reopen();
    wire.emplace(*store);
  }

  TempStore store;
  std::optional<Wire> wire{std::in_place, *store};
  const std::string a = make_dicom().pixels(8, 8, 16).bytes();
  const std::string b = make_dicom().pixels(3, 3, 8).bytes();
};

}  // namespace dcmfs::fs
