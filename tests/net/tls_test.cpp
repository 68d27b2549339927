#include "net/tls.h"

#include <atomic>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/ssl.h>

#include "net/server.h"
#include "tests/net/certificates.h"
#include "tests/net/ends.h"
#include "tests/net/wire.h"
#include "tests/support/temp_store.h"

namespace dcmfs::net {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

class TlsTest : public testing::Test {
 protected:
  TlsTest() {
    certificates_.add("here");
    certificates_.add("there");
  }

  TlsOptions options(const std::string& name) const {
    return {.certificate = certificates_.certificate(name),
            .private_key = certificates_.key(name),
            .trusted = certificates_.authority()};
  }
  Tls load(const TlsOptions& wanted) const {
    auto tls = Tls::load(wanted);
    if (!tls) throw std::runtime_error(tls.error().message);
    return *std::move(tls);
  }
  Tls load(const std::string& name) const { return load(options(name)); }

  Ends::Wish wish() const {
    Ends::Wish made;
    made.requestor_tls = load("here");
    made.acceptor_tls = load("there");
    made.artim = std::chrono::seconds(20);
    return made;
  }
  std::string why_not_loaded(const TlsOptions& wanted) const {
    const auto tls = Tls::load(wanted);
    return tls ? "it is loaded" : tls.error().message;
  }

  Certificates certificates_;
};

Dataset echo(Association& association) {
  return make_request(CommandField::c_echo_rq, association.next_message_id(), kCt);
}

TEST_F(TlsTest, CarriesMessagesBothWays) {
  Ends pair(wish());
  ASSERT_OK(pair.requested);
  ASSERT_OK(pair.accepted);

  ASSERT_OK(pair.scu().send(1, echo(pair.scu())));
  const auto request = pair.scp().receive();
  ASSERT_OK(request);
  ASSERT_OK(pair.scp().send(1, make_response(*request, statuses::kSuccess)));
  const auto response = pair.scu().receive();

  ASSERT_OK(response);
  EXPECT_EQ(response->status(), statuses::kSuccess);
}

TEST_F(TlsTest, CarriesAPieceOfAFile) {
  Ends pair(wish());
  TempFolder folder;
  std::string bytes(1'000'003, '\0');
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<char>(i * 7 + i / 251);
  const auto path = folder.write("file", bytes);
  const Socket file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  const std::int64_t offset = 3, length = 1'000'000;
  Result<> sent;
  std::thread sender([&] {
    sent = pair.scu().send(1, echo(pair.scu()), Association::FileRegion{file.fd(), offset, length});
  });

  std::string received;
  const auto request = pair.scp().receive();
  const auto taken = pair.scp().receive_dataset([&](Bytes piece) {
    received.append(reinterpret_cast<const char*>(piece.data()), piece.size());
    return Result<>();
  });
  sender.join();

  ASSERT_OK(request);
  ASSERT_OK(sent);
  ASSERT_OK(taken);
  EXPECT_TRUE(received == bytes.substr(3, 1'000'000)) << received.size();
}

TEST_F(TlsTest, SaysWithoutWaitingThatNothingHasArrived) {
  Ends pair(wish());

  EXPECT_FALSE(pair.scp().has_arrived());
  ASSERT_OK(pair.scu().send(1, echo(pair.scu())));
  ASSERT_OK(pair.scp().receive());
  EXPECT_FALSE(pair.scp().has_arrived());
}

TEST_F(TlsTest, AReleaseIsAnswered) {
  Ends pair(wish());
  Result<> released = Error{Errc::io, "not yet"};
  std::thread requestor([&] { released = pair.scu().release(); });

  const auto message = pair.scp().receive();
  requestor.join();

  EXPECT_EQ(code_of(message), Errc::cancelled);
  EXPECT_OK(released);
}

TEST_F(TlsTest, AnAbortArrives) {
  Ends pair(wish());
  std::thread requestor([&] { pair.scu().abort(); });

  const auto message = pair.scp().receive();
  EXPECT_EQ(code_of(message), Errc::io);
  EXPECT_THAT(message.error().message, HasSubstr("aborted"));
  pair.accepted = Error{Errc::io, "gone"};
  requestor.join();
}

TEST_F(TlsTest, SpeaksTheVersionsThatAreAllowed) {
  Ends::Wish both = wish();
  auto newer = options("there");
  newer.version_min = TlsVersion::v1_3;
  both.acceptor_tls = load(newer);

  Ends pair(both);

  EXPECT_OK(pair.requested);
}

TEST_F(TlsTest, AClientWithoutCertificateIsRefused) {
  Ends::Wish anonymous = wish();
  anonymous.requestor_tls = load(TlsOptions{.trusted = certificates_.authority()});

  Ends pair(anonymous);

  EXPECT_EQ(code_of(pair.accepted), Errc::denied);
  EXPECT_EQ(pair.accepted.error().message, "TLS: the peer has no certificate");
  EXPECT_EQ(code_of(pair.requested), Errc::denied) << pair.requested.error().message;
  EXPECT_THAT(pair.requested.error().message, StartsWith("TLS: the peer refused"));
}

TEST_F(TlsTest, AClientWithoutCertificateMayComeIfItIsOptional) {
  Ends::Wish anonymous = wish();
  anonymous.requestor_tls = load(TlsOptions{.trusted = certificates_.authority()});
  auto there = options("there");
  there.peer = PeerCertificate::checked_if_there;
  anonymous.acceptor_tls = load(there);

  Ends pair(anonymous);

  EXPECT_OK(pair.requested);
}

TEST_F(TlsTest, AWrongCertificateIsRefusedThoughItIsOptional) {
  certificates_.add_self_made("stranger");
  Ends::Wish strange = wish();
  strange.requestor_tls = load("stranger");
  auto there = options("there");
  there.peer = PeerCertificate::checked_if_there;
  strange.acceptor_tls = load(there);

  Ends pair(strange);

  EXPECT_EQ(code_of(pair.accepted), Errc::denied);
  EXPECT_THAT(pair.accepted.error().message, HasSubstr("certificate is not trusted"));
  EXPECT_FALSE(pair.requested);
}

TEST_F(TlsTest, AnExpiredCertificateIsRefused) {
  certificates_.add("old", -60);
  Ends::Wish expired = wish();
  expired.requestor_tls = load("old");

  Ends pair(expired);

  EXPECT_EQ(code_of(pair.accepted), Errc::denied);
  EXPECT_THAT(pair.accepted.error().message, HasSubstr("certificate has expired"));
}

TEST_F(TlsTest, AServerThatIsNotTrustedIsLeft) {
  certificates_.add_self_made("stranger");
  Ends::Wish strange = wish();
  strange.acceptor_tls = load("stranger");

  Ends pair(strange);

  EXPECT_EQ(code_of(pair.requested), Errc::denied);
  EXPECT_THAT(pair.requested.error().message, HasSubstr("certificate is not trusted"));
  EXPECT_FALSE(pair.accepted);
}

TEST_F(TlsTest, WhatIsListedIsTrustedWhoeverIssuedIt) {
  Ends::Wish pinned = wish();
  auto there = options("there");
  there.trusted = certificates_.certificate("here");
  pinned.acceptor_tls = load(there);

  Ends pair(pinned);

  EXPECT_OK(pair.requested);
}

TEST_F(TlsTest, NothingIsCheckedIfThatIsWanted) {
  certificates_.add_self_made("stranger");
  auto unchecked = options("stranger");
  unchecked.peer = PeerCertificate::unchecked;
  unchecked.trusted.clear();
  Ends::Wish strange = wish();
  strange.requestor_tls = strange.acceptor_tls = load(unchecked);

  Ends pair(strange);

  EXPECT_OK(pair.requested);
}

TEST_F(TlsTest, ToWhoSpeaksNoTlsIsNotSpoken) {
  Ends::Wish plain = wish();
  plain.acceptor_tls.reset();

  Ends pair(plain);

  EXPECT_FALSE(pair.requested);
  EXPECT_FALSE(pair.accepted);
}

TEST_F(TlsTest, SaysWhatIsWrongWithAFile) {
  auto wrong = options("here");
  wrong.certificate = "/nowhere/here.crt";
  EXPECT_THAT(why_not_loaded(wrong),
              StartsWith("DicomTlsCertificate: cannot read /nowhere/here.crt"));

  wrong = options("here");
  wrong.certificate = certificates_.key("here");
  EXPECT_THAT(why_not_loaded(wrong), StartsWith("DicomTlsCertificate: expected a certificate in"));

  wrong = options("here");
  wrong.private_key = certificates_.certificate("here");
  EXPECT_THAT(why_not_loaded(wrong), StartsWith("DicomTlsPrivateKey: expected a private key in"));

  wrong = options("here");
  wrong.private_key = certificates_.key("there");
  EXPECT_THAT(why_not_loaded(wrong), HasSubstr("is not the key of the certificate in"));

  wrong = options("here");
  wrong.private_key.clear();
  EXPECT_EQ(why_not_loaded(wrong), "DicomTlsPrivateKey: expected the key of DicomTlsCertificate");

  wrong = options("here");
  wrong.trusted = certificates_.key("here");
  EXPECT_THAT(why_not_loaded(wrong), StartsWith("DicomTlsTrustedCertificates: expected"));

  wrong.trusted.clear();
  EXPECT_THAT(why_not_loaded(wrong), StartsWith("DicomTlsTrustedCertificates: expected"));
}

// -- the node

// A ClientHello as OpenSSL makes it.
std::string client_hello() {
  SSL_CTX* context = SSL_CTX_new(TLS_client_method());
  SSL* ssl = SSL_new(context);
  BIO* out = BIO_new(BIO_s_mem());
  SSL_set_bio(ssl, BIO_new(BIO_s_mem()), out);
  SSL_connect(ssl);
  char* bytes = nullptr;
  const auto size = BIO_get_mem_data(out, &bytes);
  std::string hello(bytes, static_cast<std::size_t>(size));
  SSL_free(ssl);
  SSL_CTX_free(context);
  return hello;
}

class TlsNodeTest : public TlsTest {
 protected:
  void start(Options wanted = {}) {
    wanted.tls = load("there");
    auto started = Server::start(*store_, std::move(wanted));
    ASSERT_OK(started);
    server_ = *std::move(started);
  }
  Result<Association> request() {
    return Association::request(
        {.aet = "DCMFS",
         .host = "127.0.0.1",
         .port = server_->port(),
         .calling_aet = "TESTER",
         .tls = load("here")},
        {{.abstract_syntax = "1.2.840.10008.1.1",
          .transfer_syntaxes = {std::string(uids::ImplicitVRLittleEndian)}}});
  }

  TempStore store_{{.durability = Durability::relaxed}};
  std::unique_ptr<Server> server_;
};

TEST_F(TlsNodeTest, AnswersAnEcho) {
  start();
  auto association = request();
  ASSERT_OK(association);

  ASSERT_OK(association->send(
      1,
      make_request(CommandField::c_echo_rq, association->next_message_id(), "1.2.840.10008.1.1")));
  const auto response = association->receive();

  ASSERT_OK(response);
  EXPECT_EQ(response->status(), statuses::kSuccess);
  EXPECT_OK(association->release());
}

TEST_F(TlsNodeTest, AnswersWhoSpeaksNoTlsByAnAbort) {
  start();
  Wire wire(server_->port());

  wire.send(associate_request());

  EXPECT_THAT(wire.receive(10), StartsWith("\7"));
  EXPECT_TRUE(wire.is_closed_by_peer());
}

TEST_F(TlsNodeTest, OneTooManyIsRejectedForTheTimeBeing) {
  start({.associations_max = 1});
  const auto first = request();
  ASSERT_OK(first);

  const auto second = request();

  EXPECT_EQ(code_of(second), Errc::busy);
}

TEST_F(TlsNodeTest, WhoDoesNotEndItsHandshakeHoldsNobodyUp) {
  start({.associations_max = 1,
         .artim = std::chrono::minutes(10),
         .opening_min = std::chrono::milliseconds(200)});
  const std::string hello = client_hello();
  std::vector<std::unique_ptr<Wire>> slow;
  for (int i = 0; i < 40; ++i) {
    slow.push_back(std::make_unique<Wire>(server_->port()));
    slow.back()->send(i % 2 == 0 ? hello : hello.substr(0, 30));
  }

  const auto association = request();

  EXPECT_OK(association);
}

TEST_F(TlsNodeTest, WhoDoesNotEndItsHandshakeIsDroppedInTheEnd) {
  start({.artim = std::chrono::milliseconds(200)});
  Wire half(server_->port()), whole(server_->port());
  half.send(client_hello().substr(0, 30));
  whole.send(client_hello());

  whole.receive(1 << 20);  // until it ends

  EXPECT_TRUE(whole.is_closed_by_peer());
  EXPECT_TRUE(half.is_closed_by_peer());
}

TEST_F(TlsNodeTest, ManyAtATimeAreServed) {
  start();
  std::vector<std::jthread> threads;
  std::atomic<int> served = 0;
  for (int i = 0; i < 24; ++i) {
    threads.emplace_back([&] {
      if (request()) ++served;
    });
  }
  threads.clear();

  EXPECT_EQ(served, 24);
}

TEST_F(TlsNodeTest, EndsWhileHandshakesAreUnderWay) {
  start({.artim = std::chrono::minutes(10)});
  Wire wire(server_->port());
  wire.send(client_hello());
  EXPECT_THAT(wire.receive(1), StartsWith("\x16"));

  server_.reset();

  wire.receive(1 << 20);
  EXPECT_TRUE(wire.is_closed_by_peer());
}

}  // namespace
}  // namespace dcmfs::net
