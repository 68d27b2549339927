#include "net/server.h"

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <new>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/net/wire.h"
#include "tests/support/ok.h"
#include "tests/support/temp_store.h"

namespace dcmfs::net {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

const std::string kRelease = pdu(5, u32(0));
const std::string kReleased = pdu(6, u32(0));
constexpr std::size_t kRejectBytes = 10;

class NodeTest : public testing::Test {
 protected:
  void start(Options options = {}) {
    options.log = [this](std::string_view line) {
      if (throws_) throw std::bad_alloc();
      const std::lock_guard lock(mutex_);
      lines_.emplace_back(line);
      told_.notify_all();
    };
    auto started = Server::start(*store_, std::move(options));
    ASSERT_OK(started);
    server_ = *std::move(started);
  }
  int port() const { return server_->port(); }

  std::string line_that_is_logged() {
    std::unique_lock lock(mutex_);
    told_.wait_for(lock, std::chrono::seconds(10), [this] { return !lines_.empty(); });
    return lines_.empty() ? "" : lines_.front();
  }

  bool a_good_client_is_served() { return net::a_good_client_is_served(port()); }

  TempStore store_{{.durability = Durability::relaxed}};
  std::mutex mutex_;
  std::condition_variable told_;
  std::vector<std::string> lines_;
  std::atomic<bool> throws_ = false;
  std::unique_ptr<Server> server_;
};

TEST_F(NodeTest, AnswersAnEchoAndARelease) {
  start();
  Wire wire(port());

  ASSERT_TRUE(associate(wire));

  EXPECT_TRUE(echoes(wire));
  EXPECT_TRUE(echoes(wire));
  wire.send(kRelease);
  EXPECT_EQ(wire.receive(kReleased.size()), kReleased);
}

// PS3.7 D.3.3.4: what the requestor does not propose to be, the acceptor cannot make it.
TEST_F(NodeTest, WhoProposesNoRoleIsGivenNone) {
  start();
  constexpr std::string_view kSopClass = "1.2.840.10008.5.1.4.1.1.2";
  const auto role_item = [&](std::string_view roles) {
    return item(0x54, u16(kSopClass.size()) + std::string(kSopClass) + std::string(roles));
  };
  const auto answer_to_roles = [&](std::string_view roles) {
    Wire wire(port());
    wire.send(associate_request(
        {.contexts = {{.abstract_syntax = kSopClass}, {.id = 3}}, .user_items = role_item(roles)}));
    return receive_pdu(wire);
  };
  const auto result_of = [](std::string_view answer, char context) {
    const std::string head{context, '\0'};  // behind the type and length of the item
    constexpr std::string_view kAnswered("\x21\0", 2);
    for (auto at = answer.find(kAnswered); at != answer.npos; at = answer.find(kAnswered, at + 1))
      if (answer.substr(at + 4, 2) == head) return int{answer[at + 6]};
    return -1;
  };
  const std::string none = answer_to_roles({"\0\0", 2}), both = answer_to_roles("\1\1");

  EXPECT_EQ(result_of(none, 1), 1) << "user rejection";
  EXPECT_EQ(result_of(none, 3), 0);
  EXPECT_EQ(result_of(both, 1), 0);
  EXPECT_THAT(both, HasSubstr(role_item("\1\1")));
  for (const std::string_view roles :
       {std::string_view("\1\1"), std::string_view("\1\0", 2), std::string_view("\0\1", 2)})
    EXPECT_THAT(none, Not(HasSubstr(role_item(roles))));
}

TEST_F(NodeTest, AnswersARequestThatArrivesByteByByte) {
  start();
  Wire wire(port());
  const std::string request = associate_request();

  for (const char byte : request) wire.send({&byte, 1});

  EXPECT_THAT(wire.receive(6), StartsWith("\2"));
}

TEST_F(NodeTest, ServesMoreThanOneAtATime) {
  start();
  Wire first(port()), second(port());

  ASSERT_TRUE(associate(first));
  ASSERT_TRUE(associate(second));

  EXPECT_TRUE(echoes(second));
  EXPECT_TRUE(echoes(first));
}

TEST_F(NodeTest, AnswersGarbageByAnAbort) {
  start();
  Wire wire(port());

  wire.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");

  EXPECT_THAT(wire.receive(10), StartsWith("\7"));
  EXPECT_TRUE(wire.is_closed_by_peer());
  EXPECT_TRUE(a_good_client_is_served());
}

TEST_F(NodeTest, AClientForWhomThereIsNoMemoryCostsOnlyItself) {
  throws_ = true;  // whatever is told of it
  start();

  for (int i = 0; i < 3; ++i) {
    Wire wire(port());
    wire.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    EXPECT_THAT(wire.receive(10), StartsWith("\7"));
  }

  EXPECT_TRUE(a_good_client_is_served());
}

TEST_F(NodeTest, AnswersARequestOfImmenseLengthByAnAbort) {
  start();
  Wire wire(port());

  wire.send(std::string("\1\0\x7F\xFF\xFF\xFF", 6));

  EXPECT_THAT(wire.receive(10), StartsWith("\7"));
}

TEST_F(NodeTest, ARequestThatIsNoneCostsOnlyItself) {
  start();
  Wire wire(port());

  wire.send(pdu(1, std::string(100, '\xFF')));

  EXPECT_TRUE(!wire.receive(1000).starts_with('\2'));
  EXPECT_TRUE(a_good_client_is_served());
}

TEST_F(NodeTest, SilentClientsHoldNobodyUp) {
  start({.associations_max = 1});
  std::vector<std::unique_ptr<Wire>> silent;
  for (int i = 0; i < 50; ++i) silent.push_back(std::make_unique<Wire>(port()));
  for (int i = 0; i < 50; i += 2) silent[i]->send(associate_request().substr(0, 40));

  EXPECT_TRUE(a_good_client_is_served());
}

TEST_F(NodeTest, ASilentClientIsDroppedInTheEnd) {
  start({.artim = std::chrono::milliseconds(100)});
  Wire wire(port());

  wire.send("\1");

  EXPECT_TRUE(wire.is_closed_by_peer());
}

TEST_F(NodeTest, ASilentAssociationIsAborted) {
  start({.artim = std::chrono::milliseconds(100), .idle = std::chrono::milliseconds(100)});
  Wire wire(port());
  ASSERT_TRUE(associate(wire));

  EXPECT_THAT(wire.receive(10), StartsWith("\7"));
  EXPECT_EQ(line_that_is_logged(), "association aborted: the peer was silent");
}

TEST_F(NodeTest, OneTooManyIsRejectedForTheTimeBeing) {
  start({.associations_max = 1});
  Wire first(port()), second(port());
  ASSERT_TRUE(associate(first));

  second.send(associate_request());

  // PS3.8 9.3.4: rejected-transient, service provider (presentation), local limit exceeded
  EXPECT_EQ(second.receive(kRejectBytes), pdu(3, std::string("\0\2\3\2", 4)));
  EXPECT_TRUE(echoes(first));
}

TEST_F(NodeTest, AnyTitleMayBeCalledUnlessItIsChecked) {
  start();
  Wire wire(port());

  wire.send(associate_request({.called = "SOMEBODY"}));

  EXPECT_THAT(wire.receive(6), StartsWith("\2"));
}

TEST_F(NodeTest, AnotherTitleIsRejectedIfItIsChecked) {
  start({.check_called_aet = true});
  Wire wrong(port()), right(port());

  wrong.send(associate_request({.called = "SOMEBODY"}));
  right.send(associate_request({.called = " DCMFS"}));

  // rejected-permanent, service user, called AE title not recognised
  EXPECT_EQ(wrong.receive(kRejectBytes), pdu(3, std::string("\0\1\1\7", 4)));
  EXPECT_THAT(right.receive(6), StartsWith("\2"));
}

TEST_F(NodeTest, AnotherApplicationContextIsRejected) {
  start();
  Wire wire(port());

  wire.send(associate_request({.application = "1.2.3.4"}));

  EXPECT_EQ(wire.receive(kRejectBytes), pdu(3, std::string("\0\1\1\2", 4)));
}

TEST_F(NodeTest, ACommandThatWasNotNegotiatedEndsTheAssociation) {
  start();
  Wire wire(port());
  ASSERT_TRUE(associate(wire));

  wire.send(echo_request(CommandField::c_store_rq));  // C-STORE-RQ on a context for C-ECHO

  EXPECT_THAT(wire.receive(10), StartsWith("\7"));
  EXPECT_TRUE(a_good_client_is_served());
}

TEST_F(NodeTest, ATakenPortIsBusy) {
  start();

  const auto second = Server::start(*store_, {.port = port()});

  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, Errc::busy);
  EXPECT_THAT(second.error().message, testing::HasSubstr("in use"));
}

TEST_F(NodeTest, EndsWhileAssociationsAreOpen) {
  start();
  Wire idle(port()), open(port());
  ASSERT_TRUE(associate(open));

  server_.reset();

  EXPECT_TRUE(idle.is_closed_by_peer());
  open.receive(10);
  EXPECT_TRUE(open.is_closed_by_peer());
}

TEST_F(NodeTest, EchoscuIsAnswered) {
  if (std::system("command -v echoscu >/dev/null") != 0) GTEST_SKIP() << "echoscu is not installed";
  start();

  const std::string command = "echoscu -aec ANY 127.0.0.1 " + std::to_string(port());

  EXPECT_EQ(std::system(command.c_str()), 0);
}

}  // namespace
}  // namespace dcmfs::net
