// What no DICOM program would send: it costs its sender the association, or the one message, and
// nobody else anything.
#include <condition_variable>
#include <filesystem>
#include <fstream>
#include <memory>
#include <mutex>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <zlib.h>

#include "net/server.h"
#include "store/dicom/transfer_syntax.h"
#include "store/dicom/writer.h"
#include "tests/net/ends.h"
#include "tests/net/wire.h"
#include "tests/support/temp_store.h"

namespace dcmfs::net {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::StartsWith;

constexpr int kVerificationContext = 3;
constexpr std::string_view kInstance = "1.2.3.4";
const WireRequest kStoring{
    .contexts = {{.abstract_syntax = kCt, .transfer_syntax = uids::ExplicitVRLittleEndian},
                 {.id = kVerificationContext}}};

constexpr std::string_view kByUser("\0\0", 2), kUnrecognizedPdu("\2\1"), kUnexpectedPdu("\2\2"),
    kInvalidParameter("\2\6");

class HostileTest : public testing::Test {
 protected:
  void start(Options options = {}) {
    options.artim = std::min(options.artim, std::chrono::milliseconds(2'000));
    auto started = Server::start(*store_, std::move(options));
    ASSERT_OK(started);
    server_ = *std::move(started);
  }
  int port() const { return server_->port(); }

  // All that was sent in an association made for it is answered by its end, once: A-ABORT of that source and reason
  // (PS3.8 9.3.8).
  void expect_abort(std::string_view bytes, std::string_view why = kByUser) {
    Wire wire(port());
    ASSERT_TRUE(associate(wire, kStoring));
    wire.send_all(bytes);
    wire.end_sending();
    std::vector<std::string> aborts;
    for (std::string pdu = receive_pdu(wire); !pdu.empty(); pdu = receive_pdu(wire))
      if (pdu.starts_with('\7')) aborts.push_back(pdu.substr(pdu.size() - 2));
    EXPECT_THAT(aborts, ElementsAre(why));
    EXPECT_TRUE(wire.is_closed_by_peer());
  }

  static std::string dataset(const DicomBuilder& dicom) {
    return *encode_dataset(dicom.dataset(), *find_transfer_syntax(uids::ExplicitVRLittleEndian));
  }
  static DicomBuilder instance(std::string_view uid = kInstance) {
    return make_dicom().sop_class(kCt).set(tags::SOPInstanceUID, uid);
  }

  std::int64_t instances() { return store_->statistics()->instances; }
  bool nothing_is_left_in_spool() {
    for (const auto& entry : std::filesystem::recursive_directory_iterator(store_.root() / "spool"))
      if (entry.path().extension() == ".part") return false;
    return true;
  }
  static std::size_t descriptors() {
    std::size_t count = 0;
    for ([[maybe_unused]] const auto& each : std::filesystem::directory_iterator("/proc/self/fd"))
      ++count;
    return count;
  }
  template <class Condition>
  static bool wait_until(Condition condition) {
    const auto end = std::chrono::steady_clock::now() + 10s;
    while (!condition()) {
      if (std::chrono::steady_clock::now() > end) return false;
      std::this_thread::sleep_for(5ms);
    }
    return true;
  }
  static std::int64_t resident_kib() {
    std::ifstream status("/proc/self/status");
    for (std::string word; status >> word;) {
      std::int64_t kib = 0;
      if (word == "RssAnon:" && status >> kib) return kib;
    }
    return 0;
  }

  TempStore store_{{.durability = Durability::relaxed}};
  std::unique_ptr<Server> server_;
};

TEST_F(HostileTest, APduThatIsCutShortEndsTheAssociation) {
  start();
  const std::string echo = echo_request(), store = store_request(kCt, kInstance);
  const std::string data = data_pdu(kData, std::string(1000, 'x'));

  for (const std::string& whole : {echo, store + data}) {
    for (std::size_t cut = 1; cut < whole.size(); cut += 1 + whole.size() / 40) {
      Wire wire(port());
      ASSERT_TRUE(associate(wire, kStoring));
      wire.send(std::string_view(whole).substr(0, cut));
      wire.end_sending();
      while (!receive_pdu(wire).empty()) {
      }
      ASSERT_TRUE(wire.is_closed_by_peer()) << cut;
    }
  }
  EXPECT_TRUE(wait_until([&] { return nothing_is_left_in_spool(); }));
  EXPECT_TRUE(a_good_client_is_served(port()));
}

TEST_F(HostileTest, WrongLengthsEndTheAssociation) {
  start();
  const std::string fits = pdv(kLastCommand, std::string(10, 'x'));

  expect_abort(pdu(4, ""), kInvalidParameter);
  expect_abort(pdu(4, "abc"), kInvalidParameter);
  expect_abort(pdu(4, u32(0) + std::string(20, 'x')), kInvalidParameter);
  expect_abort(pdu(4, u32(1) + std::string(20, 'x')), kInvalidParameter);
  expect_abort(pdu(4, u32(1000) + "\1\3" + std::string(20, 'x')),
               kInvalidParameter);  // larger than its PDU
  expect_abort(pdu(4, u32(0xFFFFFFFF) + "\1\3" + std::string(20, 'x')), kInvalidParameter);
  expect_abort(pdu(4, fits + "abc"));  // a rest that is no PDV, behind what is no command
  expect_abort(std::string{'\4', '\0'} + u32(kPduBytesMax + 1), kInvalidParameter);
  expect_abort(std::string{'\4', '\0'} + u32(0xFFFFFFFF), kInvalidParameter);
  EXPECT_TRUE(a_good_client_is_served(port()));
}

// PS3.8 9.2.1, AA-1.
TEST_F(HostileTest, ARequestThatCannotBeReadIsAborted) {
  start();
  const std::string titles =
      u16(1) + u16(0) + padded_title("DCMFS") + padded_title("TESTER") + std::string(32, '\0');
  const std::string name = item(0x10, "1.2.840.10008.3.1.1.1");
  const std::string user = item(0x50, item(0x51, u32(16384)) + item(0x52, "1.2.3"));
  const std::string context(std::string("\1\0\0\0", 4) + item(0x30, "1.2.840.10008.1.1"));
  const std::string kLongUid(65, '1');
  const std::string kRequests[] = {
      pdu(1, ""),
      pdu(1, std::string(10, '\0')),
      pdu(1, titles + name + user),                        // no presentation context
      pdu(1, titles + name + item(0x20, context) + user),  // one without a transfer syntax
      associate_request({.called = ""}),
      associate_request({.calling = ""}),
      associate_request({.contexts = {{.abstract_syntax = kLongUid}}}),
      associate_request({.user_items = item(0x56, "\x7F")}),
      associate_request({.user_items = item(0x58, "\1")}),
  };
  for (const std::string& request : kRequests) {
    Wire wire(port());
    wire.send(request);

    EXPECT_EQ(receive_pdu(wire), pdu(7, std::string(4, '\0'))) << testing::PrintToString(request);
    EXPECT_TRUE(wire.is_closed_by_peer());
  }
  EXPECT_TRUE(a_good_client_is_served(port()));
}

TEST_F(HostileTest, PdusThatMustNotComeEndTheAssociation) {
  start();

  expect_abort(pdu(1, "") + pdu(2, ""), kUnexpectedPdu);
  expect_abort(pdu(2, ""), kUnexpectedPdu);
  expect_abort(pdu(6, std::string(4, '\0')), kUnexpectedPdu);
  expect_abort(pdu(9, std::string(1000, '\0')), kUnrecognizedPdu);

  EXPECT_TRUE(a_good_client_is_served(port()));
}

TEST_F(HostileTest, WhatIsNoCommandEndsTheAssociation) {
  start();
  const std::string store = store_request(kCt, kInstance);

  expect_abort(data_pdu(kLastCommand, ""));
  expect_abort(data_pdu(kLastCommand, std::string(1000, '\xFF')));
  expect_abort(data_pdu(kLastData, "abcd"));                  // no command before it
  expect_abort(store + data_pdu(kLastCommand, "abcd"));       // a command in its place
  expect_abort(store + data_pdu(kData, "abcd", 3));           // another context
  expect_abort(data_pdu(kLastCommand, store.substr(12), 3));  // a context that is none
  std::string empty;
  for (int i = 0; i < 5000; ++i) empty += data_pdu(kCommand, "");
  expect_abort(empty);  // a command that never ends

  EXPECT_TRUE(a_good_client_is_served(port()));
}

TEST_F(HostileTest, ACommandOfMegabytesIsNotKept) {
  start();
  std::string bytes;
  for (int i = 0; i < 64; ++i) bytes += data_pdu(kCommand, std::string(64 << 10, '\0'));
  const auto sent_kib = static_cast<std::int64_t>(bytes.size() >> 10);
  const auto before = resident_kib();

  expect_abort(bytes);

  EXPECT_LT(resident_kib() - before, sent_kib / 2);
  EXPECT_TRUE(a_good_client_is_served(port()));
}

TEST_F(HostileTest, PdvsOfOddAndOfNoLengthAreTakenForWhatTheyAre) {
  start();
  const auto bytes = dataset(instance());
  Wire wire(port());
  ASSERT_TRUE(associate(wire, kStoring));

  std::string fragments = store_request(kCt, kInstance);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    fragments += data_pdu(kData, bytes.substr(i, 3)) + data_pdu(kData, "");
  }
  wire.send(fragments + data_pdu(kLastData, ""));

  EXPECT_EQ(receive_status(wire), statuses::kSuccess);
  EXPECT_EQ(instances(), 1);
}

TEST_F(HostileTest, ADatasetNestedTenThousandDeepIsNotUnderstood) {
  start();
  const std::string level("\x40\0\x30\xA7SQ\0\0\xFF\xFF\xFF\xFF\xFE\xFF\0\xE0\xFF\xFF\xFF\xFF", 20);
  std::string nested;
  for (int i = 0; i < 10'000; ++i) nested += level;
  Wire wire(port());
  ASSERT_TRUE(associate(wire, kStoring));

  std::string request = store_request(kCt, kInstance);
  const std::string bytes = dataset(instance()) + nested;
  for (std::size_t i = 0; i < bytes.size(); i += 100'000) {
    request += data_pdu(i + 100'000 < bytes.size() ? kData : kLastData, bytes.substr(i, 100'000));
  }
  ASSERT_TRUE(wire.send_all(request));

  EXPECT_EQ(receive_status(wire), statuses::kCannotUnderstand);
  EXPECT_TRUE(echoes(wire, kVerificationContext));
  EXPECT_EQ(instances(), 0);
}

// The data set says that it is small and is not: 64 MiB of an attribute, deflated to 64 KiB.
TEST_F(HostileTest, WhatIsDeflatedIsNotInflatedInMemory) {
  start();
  const std::string head("\x09\0\x10\0LO\2\0X \x09\0\x10\x10OB\0\0\0\0\0\x04", 22);
  std::string plain = dataset(instance()) + head;
  std::string deflated(1 << 20, '\0');
  z_stream stream{};
  ASSERT_EQ(deflateInit2(&stream, 6, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY), Z_OK);
  stream.next_out = reinterpret_cast<Bytef*>(deflated.data());
  stream.avail_out = static_cast<uInt>(deflated.size());
  const std::string zeros(1 << 20, '\0');
  for (int i = -1; i < 64; ++i) {
    const std::string& piece = i < 0 ? plain : zeros;
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(piece.data()));
    stream.avail_in = static_cast<uInt>(piece.size());
    deflate(&stream, i < 63 ? Z_NO_FLUSH : Z_FINISH);
  }
  deflated.resize(stream.total_out);
  deflateEnd(&stream);
  Wire wire(port());
  ASSERT_TRUE(associate(
      wire, {.contexts = {
                 {.abstract_syntax = kCt, .transfer_syntax = uids::DeflatedExplicitVRLittleEndian},
                 {.id = kVerificationContext}}}));
  const auto before = resident_kib();

  std::string request = store_request(kCt, kInstance);
  for (std::size_t i = 0; i < deflated.size(); i += 65536) {
    request += data_pdu(i + 65536 < deflated.size() ? kData : kLastData, deflated.substr(i, 65536));
  }
  ASSERT_TRUE(wire.send_all(request));

  EXPECT_TRUE(receive_status(wire).has_value());
  EXPECT_LT(resident_kib() - before, 16 << 10);
  EXPECT_TRUE(echoes(wire, kVerificationContext));
}

TEST_F(HostileTest, MoreContextsThanThereCanBeAreAnswered) {
  start();
  WireRequest request = kStoring;
  for (int id = 2; id <= 200; ++id) request.contexts.push_back({.id = id});

  Wire wire(port());
  wire.send(associate_request(request));
  const std::string answer = receive_pdu(wire);

  // It may be refused as a whole, but nobody is left waiting.
  EXPECT_TRUE(answer.empty() || answer[0] == '\2' || answer[0] == '\3' || answer[0] == '\7');
  EXPECT_TRUE(a_good_client_is_served(port()));
}

TEST_F(HostileTest, AllContextsThatThereCanBeAreAccepted) {
  start();
  WireRequest request{.contexts = {}};
  for (int id = 1; id <= 255; id += 2) request.contexts.push_back({.id = id});
  Wire wire(port());

  wire.send(associate_request(request));
  const std::string answer = receive_pdu(wire);

  // PS3.8 9.3.3.2: item 21H, of which the result is the seventh byte.
  ASSERT_THAT(answer, StartsWith("\2"));
  int accepted = 0;
  for (std::size_t at = 74; at + 8 < answer.size();) {
    const std::size_t length = static_cast<unsigned char>(answer[at + 2]) * 256u +
                               static_cast<unsigned char>(answer[at + 3]);
    accepted += answer[at] == '\x21' && answer[at + 6] == 0;
    at += 4 + length;
  }
  EXPECT_EQ(accepted, 128);
}

TEST_F(HostileTest, ARequestLongerThanTheSocketsBufferIsRead) {
  start();
  std::string syntaxes = item(0x40, "1.2.840.10008.1.2");
  for (int i = 0; i < 45; ++i)
    syntaxes += item(0x40, "1.2.840.10008.1.2.4." + std::to_string(1000 + i));
  std::string contexts;
  for (int id = 1; id <= 255; id += 2) {
    contexts += item(0x20, std::string{static_cast<char>(id), '\0', '\0', '\0'} +
                               item(0x30, "1.2.840.10008.1.1") + syntaxes);
  }
  const std::string empty = associate_request({.contexts = {}});
  constexpr std::size_t kFixed = 74 + 25;  // as far as the end of the application context
  const std::string request = empty.substr(0, kFixed) + contexts + empty.substr(kFixed);
  Wire wire(port());

  ASSERT_TRUE(wire.send_all(pdu(1, request.substr(6))));

  EXPECT_THAT(receive_pdu(wire), StartsWith("\2"));
  EXPECT_TRUE(echoes(wire));
}

TEST_F(HostileTest, ARequestThatContradictsItselfCostsOnlyItself) {
  start();
  const std::string good = associate_request();
  const auto with = [&good](std::size_t at, std::string_view bytes) {
    std::string bad = good;
    return bad.replace(at, bytes.size(), bytes);
  };
  const std::string unknown = item(0x60, "x") + item(0x10, "");
  std::vector<std::string> requests = {
      with(6, std::string_view("\0\2", 2)),  // another protocol version
      with(10, std::string(16, '\0')),       // no called title
      with(26, "A\nB\x1b[2J"),
      with(74, "\x30"),      // an item in a wrong place
      with(76, "\xFF\xFF"),  // an item longer than all
      with(76, std::string_view("\0\0", 2)),
      with(76, std::string_view("\0\1", 2)),
      pdu(1, good.substr(6) + unknown),
      pdu(1, good.substr(6, 68)),  // no items
      pdu(1, good.substr(6, 10)),
      pdu(1, ""),
      associate_request({.contexts = {}}),
      associate_request({.contexts = {{.id = 1}, {.id = 1, .abstract_syntax = kCt}}}),
      associate_request({.contexts = {{.abstract_syntax = std::string_view("\0\0", 2)}}}),
      associate_request({.contexts = {{.abstract_syntax = ""}}}),
      associate_request({.contexts = {{.transfer_syntax = ""}}}),
  };
  const std::string long_uid(5000, '1');
  requests.push_back(associate_request({.contexts = {{.abstract_syntax = long_uid}}}));
  requests.push_back(associate_request({.contexts = {{.transfer_syntax = long_uid}}}));
  requests.push_back(associate_request({.application = long_uid}));

  for (const std::string& request : requests) {
    Wire wire(port());
    wire.send(request);
    wire.end_sending();
    while (!receive_pdu(wire).empty()) {
    }
    EXPECT_TRUE(wire.is_closed_by_peer()) << testing::PrintToString(request.substr(0, 200));
  }
  EXPECT_TRUE(a_good_client_is_served(port()));
}

TEST_F(HostileTest, AThousandConnectionsKeepNobodyOut) {
  constexpr rlim_t kNeeded = 4096;
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  if (limit.rlim_max < kNeeded) GTEST_SKIP() << "not enough descriptors are allowed";
  limit.rlim_cur = std::max(limit.rlim_cur, kNeeded);
  ::setrlimit(RLIMIT_NOFILE, &limit);
  start({.associations_max = 4});
  ASSERT_TRUE(a_good_client_is_served(port()));
  const auto before = descriptors();
  const auto resident = resident_kib();

  std::vector<std::unique_ptr<Wire>> crowd;
  for (int i = 0; i < 1000; ++i) {
    crowd.push_back(std::make_unique<Wire>(port()));
    if (i % 3 == 0) crowd.back()->send(associate_request().substr(0, 50));
  }
  EXPECT_TRUE(a_good_client_is_served(port()));
  EXPECT_LT(resident_kib() - resident, 16 << 10);

  crowd.clear();
  EXPECT_TRUE(wait_until([&] { return descriptors() <= before; }));
}

TEST_F(HostileTest, WhoGoesAwayLeavesNothingBehind) {
  start({.associations_max = 64});
  const std::string whole = data_pdu(kLastData, dataset(instance()));
  ASSERT_TRUE(a_good_client_is_served(port()));
  const auto before = descriptors();

  for (int i = 0; i < 40; ++i) {
    Wire wire(port());
    ASSERT_TRUE(associate(wire, kStoring));
    wire.send(store_request(kCt, kInstance) + whole);
    wire.reset();
  }

  EXPECT_TRUE(wait_until([&] { return descriptors() <= before && nothing_is_left_in_spool(); }));
  EXPECT_LE(instances(), 1);
  EXPECT_TRUE(a_good_client_is_served(port()));
}

TEST_F(HostileTest, WhatCanNeverBeStoredTakesNoRoomUntilItsEnd) {
  store_.reopen({.durability = Durability::relaxed, .size_max_bytes = 1 << 20});
  start();
  Wire wire(port());
  ASSERT_TRUE(associate(wire, kStoring));
  const std::string piece = data_pdu(kData, std::string(64 << 10, 'x'));

  wire.send(store_request(kCt, kInstance));
  for (int i = 0; i < 512; ++i) ASSERT_TRUE(wire.send_all(piece));  // more than fits on the way

  EXPECT_TRUE(wait_until([&] { return nothing_is_left_in_spool(); }));
  wire.send_all(data_pdu(kLastData, "x"));
  EXPECT_EQ(receive_status(wire), statuses::kOutOfResources);
  EXPECT_TRUE(echoes(wire, kVerificationContext)) << "the association goes on";
}

// In one test, because each has to wait for the limit.
TEST_F(HostileTest, WhoStopsIsGivenUpInTheEnd) {
  std::mutex mutex;
  std::vector<std::string> lines;
  start({.artim = 1s, .timeout = 2s, .idle = 2s, .log = [&](std::string_view line) {
           const std::lock_guard lock(mutex);
           lines.emplace_back(line);
         }});
  Wire in_command(port()), in_dataset(port()), between(port()), deaf(port()), slow(port());
  for (Wire* wire : {&in_command, &in_dataset, &between, &deaf, &slow}) {
    ASSERT_TRUE(associate(*wire, kStoring));
  }
  ASSERT_TRUE(a_good_client_is_served(port()));
  const auto before = descriptors();

  in_command.send(store_request(kCt, kInstance).substr(0, 30));
  in_dataset.send(store_request(kCt, kInstance) + data_pdu(kData, "\x08"));
  // It says something all the time, and comes to no end.
  slow.send(store_request(kCt, kInstance) + data_pdu(kData, std::string(1000, 'x')).substr(0, 12));
  const std::jthread drip([&](std::stop_token stop) {
    while (!stop.stop_requested()) {
      slow.send("x");
      std::this_thread::sleep_for(100ms);
    }
  });
  // It asks and asks, and never reads an answer.
  std::string many;
  for (int i = 0; i < 500; ++i) many += store_request(kCt, "/") + data_pdu(kLastData, "");
  while (deaf.send_all(many, 300)) {
  }

  EXPECT_TRUE(wait_until([&] { return descriptors() <= before - 5; }));
  for (Wire* wire : {&in_command, &in_dataset, &between, &slow}) {
    EXPECT_THAT(receive_pdu(*wire), StartsWith("\7"));
  }
  EXPECT_TRUE(
      wait_until([&] { return nothing_is_left_in_spool(); }));  // the socket was closed before
  EXPECT_TRUE(a_good_client_is_served(port()));
  server_.reset();
  std::erase_if(lines, [](const std::string& line) { return line.starts_with("C-STORE"); });
  EXPECT_THAT(lines, testing::Each(StartsWith("association aborted: the peer was ")));
}

}  // namespace
}  // namespace dcmfs::net
