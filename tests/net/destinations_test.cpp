#include "net/destinations.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "net/echo.h"
#include "net/server.h"
#include "tests/support/temp_store.h"

namespace dcmfs::net {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

const Destination kWorkstation{.aet = "WS",
                               .host = "192.0.2.2",
                               .port = 11112,
                               .associations_max = 3,
                               .storage_commitment = true,
                               .may = {.find = false, .move = false},
                               .uses_tls = true,
                               .local_aet = "ARCHIVE 2",
                               .timeout = std::chrono::seconds(60),
                               .may_transcode = false,
                               .retrieves_by_get = true,
                               .manufacturer = "GE"};

TEST(DestinationsTest, ThoseThatWerePutAreThereAfterAReopen) {
  TempStore store;
  const std::map<std::string, Destination> configured{{"PACS", {"PACS", "192.0.2.1", 104}}};
  {
    auto destinations = TempStore::require(Destinations::open(store->kept_values(), configured));
    ASSERT_OK(destinations.put("WS", kWorkstation));
    ASSERT_OK(destinations.put("PACS", {"OTHER", "192.0.2.3", 105}));
  }
  store.reopen();

  auto destinations = TempStore::require(Destinations::open(store->kept_values(), configured));

  EXPECT_THAT(destinations.names(), ElementsAre("PACS", "WS"));
  EXPECT_EQ(destinations.get("PACS")->aet, "OTHER");
  EXPECT_EQ(destinations.get("WS"), kWorkstation);
  EXPECT_EQ(destinations.list().at("WS"), kWorkstation);
  ASSERT_OK(destinations.remove("PACS"));
  EXPECT_EQ(destinations.get("PACS")->aet, "PACS");
  EXPECT_EQ(destinations.remove("PACS").error().code, Errc::denied);
  ASSERT_OK(destinations.remove("WS"));
  EXPECT_FALSE(destinations.get("WS"));
  EXPECT_EQ(destinations.remove("WS").error().code, Errc::not_found);
}

TEST(DestinationsTest, RefuseWhatCannotBe) {
  TempStore store;
  auto destinations = TempStore::require(Destinations::open(store->kept_values(), {}));
  const Destination good{"PACS", "localhost", 104};

  for (const std::string name :
       {"", ".", "..", "a/b", "a\nb", "AUX", "PACS:1", "CT*", "PACS.", "-X", ".x"})
    EXPECT_EQ(destinations.put(name, good).error().code, Errc::invalid_argument) << name;
  EXPECT_FALSE(destinations.put("A", {"", "localhost", 104}).ok());
  EXPECT_FALSE(destinations.put("A", {"SEVENTEENLETTERSX", "localhost", 104}).ok());
  EXPECT_FALSE(destinations.put("A", {"A", "", 104}).ok());
  EXPECT_FALSE(destinations.put("A", {"A", "localhost", 65536}).ok());
  EXPECT_FALSE(
      destinations.put("A", {.aet = "A", .host = "h", .local_aet = "SEVENTEENLETTERSX"}).ok());
  EXPECT_FALSE(
      destinations.put("A", {.aet = "A", .host = "h", .timeout = std::chrono::seconds(-1)}).ok());
  EXPECT_THAT(destinations.names(), IsEmpty());
}

TEST(DestinationsTest, AreFoundByTheirTitle) {
  TempStore store;
  auto destinations = TempStore::require(Destinations::open(
      store->kept_values(), {{"a", {"CT", "10.0.0.1"}}, {"b", {"MR", "10.0.0.2"}}}));
  ASSERT_OK(destinations.put("c", {"ct", "10.0.0.3"}));
  const auto hosts = [&](std::string_view aet, Titles titles) {
    std::vector<std::string> found;
    for (const Destination& one : destinations.titled(aet, titles)) found.push_back(one.host);
    return found;
  };

  EXPECT_THAT(hosts("CT ", Titles::in_any_case), ElementsAre("10.0.0.1", "10.0.0.3"));
  EXPECT_THAT(hosts("CT", Titles::as_written), ElementsAre("10.0.0.1"));
  EXPECT_THAT(hosts("US", Titles::in_any_case), IsEmpty());
  ASSERT_OK(destinations.remove("c"));
  EXPECT_THAT(hosts("ct", Titles::in_any_case), ElementsAre("10.0.0.1"));
}

TEST(DestinationsTest, WhatIsPutMayAskThisNodeAtOnce) {
  TempStore store;
  auto known = TempStore::require(Destinations::open(store->kept_values(), {}));
  Options options;
  options.access = {.anybody = kNoPrivileges, .check_host = true};
  options.nodes_titled = [&](std::string_view aet) {
    return known.titled(aet, Titles::in_any_case);
  };
  const auto server = TempStore::require(Server::start(*store, options));
  const Peer to_us{
      .aet = "DCMFS", .host = "127.0.0.1", .port = server->port(), .calling_aet = "CT"};
  const auto is_answered = [&] { return echo(to_us).ok(); };

  EXPECT_FALSE(is_answered());
  ASSERT_OK(known.put("ct", {.aet = "CT", .host = "127.0.0.1"}));
  EXPECT_TRUE(is_answered());
  ASSERT_OK(known.put("ct", {.aet = "CT", .host = "192.0.2.1"}));
  EXPECT_FALSE(is_answered());
  ASSERT_OK(known.put("ct", {.aet = "CT", .host = "127.0.0.1", .may = {.echo = false}}));
  EXPECT_FALSE(is_answered());
}

TEST(DestinationText, TellsAllOfIt) {
  EXPECT_EQ(*parse_destination(to_text(kWorkstation)), kWorkstation);
  const Destination plain{.aet = "PACS", .host = "h", .port = 1};
  EXPECT_EQ(*parse_destination("PACS\nh\n1\n1\n"), plain);
  EXPECT_EQ(to_text(plain), "PACS\nh\n1\n1\n");
}

TEST(DestinationText, IsRefusedIfItSaysWhatNobodyKnows) {
  for (const char* text :
       {"", "PACS", "PACS\nh\n1\n", "PACS\nh\n1\n1\nx\n", "PACS\nh\n1\n1\ntimeout x\n",
        "PACS\nh\n1\n1\nmay not Fly\n", "PACS\nh\n0\n1\n"})
    EXPECT_FALSE(parse_destination(text)) << text;
}

TEST(PeerOf, HasWhatTheDestinationSaysElseWhatHoldsForAll) {
  const Calling calling{.aet = "OURS", .timeout = std::chrono::seconds(7)};

  const Peer one = peer_of(kWorkstation, calling);
  EXPECT_EQ(one.aet, "WS");
  EXPECT_EQ(one.calling_aet, "ARCHIVE 2");
  EXPECT_EQ(one.timeout, std::chrono::seconds(60));
  EXPECT_TRUE(one.tls);
  const Peer other = peer_of({.aet = "WS", .host = "h"}, calling);
  EXPECT_EQ(other.calling_aet, "OURS");
  EXPECT_EQ(other.timeout, std::chrono::seconds(7));
  EXPECT_FALSE(other.tls);
}

}  // namespace
}  // namespace dcmfs::net
