// Studies of a whole node of ours, fetched into another store.
#include "net/retriever.h"

#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "net/server.h"
#include "tests/net/ends.h"
#include "tests/net/storage_peer.h"
#include "tests/support/temp_store.h"

namespace dcmfs::net {
namespace {

using testing::HasSubstr;
using testing::SizeIs;

constexpr std::string_view kWanted = "1.2.3";

class Retrieving : public testing::Test {
 protected:
  explicit Retrieving(std::int64_t size_max_bytes = 0)
      : ours_({.durability = Durability::relaxed, .size_max_bytes = size_max_bytes}),
        destinations_(TempStore::require(Destinations::open(ours_->kept_values(), {}))) {}

  void start_peer(Options options = {}) {
    options.aet = "THERE";
    peer_ = TempStore::require(Server::start(*theirs_, std::move(options)));
    EXPECT_OK(
        destinations_.put("PACS", {.aet = "THERE", .host = "127.0.0.1", .port = peer_->port()}));
  }
  void fetch() {
    theirs_.add(make_dicom().sop_class(kCt).study(kWanted).pixels(100, 100, 16));
    retriever_ = Retriever::start(
        *ours_, destinations_,
        {.calling = {.aet = "HERE"},
         .backoff = {std::chrono::milliseconds(5), std::chrono::milliseconds(20), 0.25}});
    EXPECT_OK(retriever_->fetch("PACS", kWanted));
  }
  Retriever::Status status() { return retriever_->status("PACS"); }
  static bool comes_to(const std::function<bool()>& condition) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (!condition() && std::chrono::steady_clock::now() < end)
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    return condition();
  }

  TempStore ours_, theirs_{{.durability = Durability::relaxed}};
  Destinations destinations_;
  std::unique_ptr<Server> peer_;
  std::unique_ptr<Retriever> retriever_;
};

TEST_F(Retrieving, AStudyComesByGet) {
  start_peer();

  fetch();

  EXPECT_TRUE(comes_to([&] { return status().waiting == 0; }));
  EXPECT_EQ(ours_->statistics()->instances, 1);
  EXPECT_EQ(status().last_error, "");
}

class RetrievingIntoAFullStore : public Retrieving {
 protected:
  RetrievingIntoAFullStore() : Retrieving(1000) {}
};

TEST_F(RetrievingIntoAFullStore, AStudyWaitsForRoom) {
  start_peer();

  fetch();

  EXPECT_TRUE(comes_to([&] { return !status().last_error.empty(); }));
  EXPECT_THAT(status().last_error, HasSubstr("no room"));
  EXPECT_EQ(status().waiting, 1);
}

TEST_F(Retrieving, AMoveOfWhichSomeFailedIsTriedAgainSeveralTimes) {
  StoragePeer full({.answers = {{"1.2.3.4", statuses::kOutOfResources}}});
  Options options;
  options.nodes_titled = [&](std::string_view) {
    return std::vector<Destination>{
        {.aet = "HERE", .host = "127.0.0.1", .port = full.port(), .may = {.get = false}}};
  };
  start_peer(options);
  theirs_.add(make_dicom().sop_class(kCt).study(kWanted).instance("1.2.3.4"));

  fetch();

  EXPECT_TRUE(comes_to([&] { return status().waiting == 0; })) << "given up in the end";
  EXPECT_THAT(full.received(), SizeIs(20)) << "ten times two instances";
}

}  // namespace
}  // namespace dcmfs::net
