// What is sent over TLS.
#include <chrono>
#include <memory>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "net/server.h"
#include "tests/net/certificates.h"
#include "tests/net/ends.h"
#include "tests/net/sender.h"
#include "tests/support/temp_store.h"

namespace dcmfs::net {
namespace {

using testing::HasSubstr;

class SendingOverTls : public testing::Test {
 protected:
  SendingOverTls() : known_(TempStore::require(Destinations::open(ours_->kept_values(), {}))) {
    certificates_.add("here");
    certificates_.add("there");
    certificates_.add_self_made("stranger");
  }

  Tls load(const std::string& name) const {
    return TempStore::require(Tls::load({.certificate = certificates_.certificate(name),
                                         .private_key = certificates_.key(name),
                                         .trusted = certificates_.authority()}));
  }
  void start_peer(const std::string& certificate) {
    Options options;
    options.aet = "THERE";
    options.tls = load(certificate);
    peer_ = TempStore::require(Server::start(*theirs_, std::move(options)));
  }
  void start_sender(Tls tls) {
    sender_ = std::make_unique<Sender>(
        *ours_, known_, SenderOptions{.calling = {.aet = "HERE", .tls = std::move(tls)}});
  }
  void know(bool uses_tls) {
    ASSERT_OK(known_.put(
        "PACS",
        {.aet = "THERE", .host = "127.0.0.1", .port = peer_->port(), .uses_tls = uses_tls}));
  }
  void put() {
    for (int i = 0; i < 3; ++i) {
      const auto added = ours_.add(make_dicom().sop_class(kCt).pixels(64, 64, 16));
      TempStore::require(
          ours_->outbox().put({.what = added.instance, .destination = "PACS"}, now()));
    }
  }
  DestinationStatus status() { return TempStore::require(ours_->outbox().status("PACS")); }
  bool comes(const std::function<bool()>& condition) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    while (!condition() && std::chrono::steady_clock::now() < end)
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    return condition();
  }
  std::int64_t arrived() { return TempStore::require(theirs_->statistics()).instances; }

  Certificates certificates_;
  TempStore ours_{{.durability = Durability::relaxed}},
      theirs_{{.durability = Durability::relaxed}};
  Destinations known_;
  std::unique_ptr<Server> peer_;
  std::unique_ptr<Sender> sender_;
};

TEST_F(SendingOverTls, BringsWhatIsQueuedToANodeThatWasPutAtRunTime) {
  start_peer("there");
  start_sender(load("here"));
  put();

  know(true);

  ASSERT_TRUE(comes([&] { return status().sent == 3; }));
  EXPECT_EQ(arrived(), 3);
}

TEST_F(SendingOverTls, KeepsWhatIsForANodeThatIsNotTrusted) {
  start_peer("stranger");
  know(true);
  start_sender(load("here"));

  put();

  ASSERT_TRUE(comes([&] { return status().failures >= 2; }));
  EXPECT_EQ(status().sent, 0);
  EXPECT_EQ(arrived(), 0);
}

// Never in the clear instead.
TEST_F(SendingOverTls, KeepsWhatIsForANodeThatUsesItWhereThereAreNoCertificates) {
  start_peer("there");
  know(true);
  start_sender(Tls());

  put();

  ASSERT_TRUE(comes([&] { return status().failures >= 2; }));
  EXPECT_THAT(status().last_failure.reason, HasSubstr("TLS is not set up"));
  EXPECT_EQ(status().sent, 0);
}

TEST_F(SendingOverTls, KeepsWhatIsForANodeThatIsTakenForOneWithoutIt) {
  start_peer("there");
  know(false);
  start_sender(load("here"));

  put();

  ASSERT_TRUE(comes([&] { return status().failures >= 2; }));
  EXPECT_EQ(arrived(), 0);
}

}  // namespace
}  // namespace dcmfs::net
