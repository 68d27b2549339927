#include "rest/servers/stow_carrier.h"

#include <functional>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "store/outbox_workers.h"
#include "tests/rest/dicomweb_servers.h"
#include "tests/support/make_dicom.h"
#include "tests/support/ok.h"

namespace dcmfs::rest {
namespace {

using testing::HasSubstr;
using testing::Not;

class Stowing : public testing::Test {
 protected:
  Stowing()
      : servers(TempStore::require(
            Peers::open(store->kept_values(), Peers::kDicomwebServers, {}, {}))) {}

  // "peers/east", at that URL.
  void know(const std::string& url) { EXPECT_OK(servers->put("east", {.url = url})); }
  void begin() {
    carrier = std::make_unique<StowCarrier>(
        *store, *servers,
        DeliveryRules{.backoff = {.first = std::chrono::milliseconds(20),
                                  .longest = std::chrono::milliseconds(50)}});
    workers = TempStore::require(OutboxWorkers::start(*store, {carrier.get()}, {}));
  }
  Key put(const DicomBuilder& dicom) {
    const auto instance = store.add(dicom).instance;
    EXPECT_OK(store->outbox().put({instance, "peers/east"}, now()));
    return instance;
  }
  DestinationStatus status() { return *store->outbox().status("peers/east"); }
  bool comes_true(const std::function<bool()>& condition) {
    for (int i = 0; i < 2000 && !condition(); ++i)
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    return condition();
  }
  std::vector<Outgoing> letters() {
    return *store->outbox().list("peers/east", SendState::failed, OutboxId{}, 100);
  }

  DicomwebServers others;
  TempStore store;
  std::unique_ptr<Peers> servers;
  std::unique_ptr<StowCarrier> carrier;
  std::unique_ptr<OutboxWorkers> workers;  // last: it uses the others
};

TEST_F(Stowing, SendsManyInOneRequest) {
  know(others.odd("answers/200"));
  const std::vector<Outbox::Order> orders(150, {store.add(make_dicom()).instance, "peers/east"});
  ASSERT_OK(store->outbox().put(orders, now()));

  begin();

  EXPECT_TRUE(comes_true([&] { return status().sent == 150; }));
  EXPECT_THAT(stow_requests.of("200"), testing::ElementsAre(100, 50));
}

TEST_F(Stowing, WaitsForAServerThatIsNotThere) {
  know("http://127.0.0.1:1/");
  put(make_dicom());
  begin();
  ASSERT_TRUE(comes_true([&] { return status().failures > 2; }));
  EXPECT_EQ(Trouble::unreachable, status().last_failure.trouble);
  EXPECT_EQ(1, status().queued) << "no entry comes nearer to its last try";

  know(others.url());

  EXPECT_TRUE(comes_true([&] { return status().sent == 1; }));
  EXPECT_EQ(1, others.store->statistics()->instances);
}

TEST_F(Stowing, SaysWhyAServerRefusesUs) {
  for (const char* code : {"401", "403", "404", "503"}) {
    know(others.odd("answers/" + std::string(code)));
    const auto before = status().troubles;
    put(make_dicom().patient("4711", "DOE^JANE"));
    if (!workers) begin();
    ASSERT_TRUE(comes_true([&] {
      return status().troubles > before &&
             status().last_failure.reason.find(code) != std::string::npos;
    })) << code;
    EXPECT_THAT(status().last_failure.reason, Not(HasSubstr("DOE")));
  }
  EXPECT_EQ(4, status().queued) << "it is the server's matter, so all of them wait";
}

TEST_F(Stowing, SendsEachAloneWhereManyAreTooMany) {
  know(others.odd("one"));
  for (int i = 0; i < 3; ++i) put(make_dicom());

  begin();

  EXPECT_TRUE(comes_true([&] { return status().sent == 3; }));
  EXPECT_THAT(stow_requests.of("one"), testing::ElementsAre(3, 1, 1, 1));
}

TEST_F(Stowing, ReadsWhatIsSaidOfEach) {
  know(others.odd("some"));
  for (const char* uid : {"1.2.3", "1.2.4", "1.2.5", "1.2.6"}) put(make_dicom().instance(uid));

  begin();

  ASSERT_TRUE(comes_true([&] { return status().sent == 2 && status().failed == 1; }));
  EXPECT_EQ("1.2.3", letters().front().sop_instance);
  EXPECT_THAT(letters().front().failure.reason, HasSubstr("A900H"));
  EXPECT_TRUE(comes_true([&] { return stow_requests.of("some").size() > 2; }))
      << "1.2.4 is tried again";
}

TEST_F(Stowing, GivesUpWhatAServerDoesNotUnderstand) {
  know(others.odd("answers/415"));
  put(make_dicom());
  put(make_dicom());

  begin();

  ASSERT_TRUE(comes_true([&] { return status().failed == 2; }));
  EXPECT_THAT(stow_requests.of("415"), testing::ElementsAre(2, 1, 1)) << "each alone, once";
}

TEST_F(Stowing, AModalityOfTheSameNameIsAnother) {
  know(others.url());
  const auto instance = put(make_dicom());
  EXPECT_OK(store->outbox().put({instance, "east"}, now()));

  begin();

  EXPECT_TRUE(comes_true([&] { return status().sent == 1; }));
  EXPECT_EQ(1, store->outbox().status("east")->queued);
}

TEST_F(Stowing, AnEchoIsASearch) {
  know(others.url());
  EXPECT_THAT(echo_server(*servers, "east", {}), HasSubstr("east answers: "));
  know(others.odd("answers/401"));
  EXPECT_THAT(echo_server(*servers, "east", {}), HasSubstr("user or password"));
  know("http://127.0.0.1:1/");
  EXPECT_THAT(echo_server(*servers, "east", {}), HasSubstr("does not answer"));
}

}  // namespace
}  // namespace dcmfs::rest
