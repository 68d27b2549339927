#pragma once
// A store, and verbs for its outbox.
#include <chrono>
#include <filesystem>

#include "store/check.h"
#include "store/outbox.h"
#include "tests/support/temp_store.h"

namespace dcmfs {

inline constexpr Time kNow = from_ms(1'000'000'000'000);
inline constexpr std::chrono::minutes kLease{2};
inline const Failure kRefused{Trouble::refused, "connection refused"};
inline const Failure kOutOfSpace{Trouble::answered, "A700: out of resources"};

class OutboxFixture : public testing::Test {
 protected:
  Outbox& outbox() { return store_->outbox(); }
  Key add(std::string_view sop_instance = "1.3.1", std::string_view series = "1.2") {
    return store_
        .add(make_dicom().patient("A", "DOE").study("1.1").series(series).instance(sop_instance))
        .instance;
  }
  Key above(Key key, Level level) {
    for (const Key above : TempStore::require(store_->get(key)).ancestors) {
      if (above.level == level) return above;
    }
    throw std::runtime_error("no such ancestor");
  }
  OutboxId put(Key what, std::string destination = "PACS") {
    return TempStore::require(outbox().put({what, std::move(destination)}, kNow)).first;
  }
  OutboxId put_at(Time when, Key what) {
    return TempStore::require(outbox().put({what, "PACS"}, when)).first;
  }
  OutboxId put_bytes(std::string_view bytes, std::string_view destination = "PACS") {
    auto file = TempStore::require(spooled(*store_, bytes));
    return TempStore::require(outbox().put(file, "IM0001", destination, kNow));
  }
  std::vector<Outgoing> claim(Time now = kNow, std::size_t limit = 100,
                              std::string_view destination = "PACS") {
    return TempStore::require(outbox().claim(destination, limit, now, kLease));
  }
  DestinationStatus status(std::string_view destination = "PACS") {
    return TempStore::require(outbox().status(destination));
  }
  std::string content(const Outgoing& entry) {
    const auto blob = TempStore::require(outbox().open(entry));
    std::string bytes(static_cast<std::size_t>(blob.size()), '\0');
    EXPECT_OK(blob.read(0, std::as_writable_bytes(std::span(bytes))));
    return bytes;
  }
  int files() {
    int count = 0;
    for (const auto& e : std::filesystem::directory_iterator(store_.root() / "outbox"))
      count += e.is_regular_file();
    return count;
  }
  void expect_clean() {
    for (const auto& problem : TempStore::require(check(store_.root())).problems)
      ADD_FAILURE() << problem.row << ": " << problem.what;
  }

  TempStore store_;
};

inline std::vector<OutboxId> ids(const std::vector<Outgoing>& entries) {
  std::vector<OutboxId> all;
  for (const Outgoing& entry : entries) all.push_back(entry.id);
  return all;
}
inline std::vector<std::string> sop_instances(const std::vector<Outgoing>& entries) {
  std::vector<std::string> all;
  for (const Outgoing& entry : entries) all.push_back(entry.sop_instance);
  return all;
}

}  // namespace dcmfs
