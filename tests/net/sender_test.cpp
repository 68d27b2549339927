#include "net/sender.h"

#include <atomic>
#include <list>
#include <mutex>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "net/server.h"
#include "store/detail/file_ops.h"
#include "store/dicom/byte_source.h"
#include "store/dicom/reader.h"
#include "store/dicom/writer.h"
#include "tests/net/ends.h"
#include "tests/net/odd_deflated.h"
#include "tests/net/peer_thread.h"
#include "tests/net/sender.h"
#include "tests/net/storage_peer.h"
#include "tests/support/temp_store.h"

namespace dcmfs::net {
namespace {

using testing::Contains;
using testing::Each;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

constexpr std::string_view kCtStorage = "1.2.840.10008.5.1.4.1.1.2";
constexpr std::chrono::seconds kPatience{20};

bool comes_true(const std::function<bool()>& condition) {
  const auto end = std::chrono::steady_clock::now() + kPatience;
  while (std::chrono::steady_clock::now() < end) {
    if (condition()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return condition();
}

// A peer that notes what it is sent and answers what it is told to.
class Receiver {
 public:
  struct Behaviour {
    std::vector<Status> answers = {};         // to the C-STOREs one after the other, then success
    std::vector<std::string> syntaxes = {};   // that it accepts; empty: all
    int resets_after = -1;                    // C-STOREs of an association; then it is gone
    std::vector<std::string> aborts_at = {};  // the SOP instances that it cannot stand
  };
  struct Received {
    std::string sop_class, sop_instance, transfer_syntax, bytes;
  };

  Receiver(Behaviour behaviour, int port)
      : behaviour_(std::move(behaviour)),
        thread_([this](Socket client, std::stop_token stop) { serve(std::move(client), stop); },
                port) {}

  int port() const { return thread_.port(); }
  std::vector<Received> received() const {
    const std::scoped_lock lock(mutex_);
    return received_;
  }
  std::string calling() const {  // as whom it was called last
    const std::scoped_lock lock(mutex_);
    return calling_;
  }
  int associations() const {
    const std::scoped_lock lock(mutex_);
    return associations_;
  }
  std::size_t contexts_max() const {
    const std::scoped_lock lock(mutex_);
    return contexts_max_;
  }

 private:
  NegotiationAnswer negotiate(const NegotiationRequest& request) {
    const std::scoped_lock lock(mutex_);
    contexts_max_ = std::max(contexts_max_, request.contexts.size());
    calling_ = request.calling_aet;
    ++associations_;
    return accept_syntaxes(request, behaviour_.syntaxes);
  }
  void serve(Socket client, std::stop_token stop) {
    auto association = Association::accept(
        std::move(client), {}, [this](const NegotiationRequest& r) { return negotiate(r); });
    if (!association) return;
    for (int stored = 0; stored != behaviour_.resets_after; ++stored) {
      while (!association->has_arrived(std::chrono::milliseconds(10))) {
        if (stop.stop_requested()) return;
      }
      const auto request = association->receive();
      if (!request) return;
      Received one{.sop_class = request->sop_class(),
                   .sop_instance = request->sop_instance(),
                   .transfer_syntax = association->context(request->context)->transfer_syntax,
                   .bytes = {}};
      const auto taken = association->receive_dataset([&](std::span<const std::byte> bytes) {
        one.bytes.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
        return Result<>();
      });
      if (!taken || std::ranges::count(behaviour_.aborts_at, one.sop_instance) > 0) return;
      Status answer = statuses::kSuccess;
      {
        const std::scoped_lock lock(mutex_);
        if (received_.size() < behaviour_.answers.size())
          answer = behaviour_.answers[received_.size()];
        received_.push_back(std::move(one));
      }
      if (!association->send(request->context, make_response(*request, answer))) return;
    }
    if (behaviour_.resets_after > 0) {
      while (!association->has_arrived(std::chrono::milliseconds(10)) && !stop.stop_requested()) {
      }
    }
  }

  const Behaviour behaviour_;
  mutable std::mutex mutex_;
  std::vector<Received> received_;  // guarded by mutex_
  int associations_ = 0;            // guarded by mutex_
  std::size_t contexts_max_ = 0;    // guarded by mutex_
  std::string calling_;             // guarded by mutex_
  PeerThread thread_;               // last
};

class SenderTest : public testing::Test {
 protected:
  SenderTest() : destinations_(TempStore::require(Destinations::open(store_->kept_values(), {}))) {}

  void TearDown() override {
    sender_.reset();
    detail::file_ops::set_fault({});
  }
  Receiver& peer_that(Receiver::Behaviour behaviour, int port = 0) {
    return peers_.emplace_back(std::move(behaviour), port);
  }
  void start(int port) {
    ASSERT_OK(destinations_.put("PACS", {"THERE", "127.0.0.1", port}));
    start();
  }
  void start() {
    SenderOptions options;
    options.rules.attempts_max = attempts_max_;
    options.workers.patience_at_end = patience_at_end_;
    sender_ = std::make_unique<Sender>(*store_, destinations_, options);
  }
  OutboxId put(const DicomBuilder& dicom) {
    return TempStore::require(store_->outbox().put({store_.add(dicom).instance, "PACS"}, now()))
        .first;
  }
  DestinationStatus status() { return TempStore::require(store_->outbox().status("PACS")); }
  bool all_sent(std::int64_t count) {
    return comes_true([&] { return status().sent >= count; });
  }
  std::vector<Outgoing> failed() {
    return TempStore::require(store_->outbox().list("PACS", SendState::failed, OutboxId{}, 1000));
  }
  static std::string dataset_of(const DicomBuilder& dicom, std::string_view syntax) {
    return *encode_dataset(dicom.dataset(), *find_transfer_syntax(syntax));
  }

  TempStore store_{{.durability = Durability::relaxed}};
  Destinations destinations_;
  int attempts_max_ = 100;
  std::chrono::milliseconds patience_at_end_{2'000};
  std::atomic<bool> is_full_ = false;  // the disk, where a test says so
  std::list<Receiver> peers_;
  std::unique_ptr<Sender> sender_;
};

TEST_F(SenderTest, SendsTheDatasetAsItIsStored) {
  Receiver& peer = peer_that({});
  const auto dicom = make_dicom().sop_class(kCtStorage).pixels(64, 64, 16);
  put(dicom);

  start(peer.port());

  ASSERT_TRUE(all_sent(1));
  ASSERT_THAT(peer.received(), SizeIs(1));
  const auto received = peer.received().front();
  EXPECT_EQ(received.sop_class, kCtStorage);
  EXPECT_EQ(received.sop_instance, dicom.dataset().text_or(tags::SOPInstanceUID, ""));
  EXPECT_EQ(received.bytes, dataset_of(dicom, uids::ExplicitVRLittleEndian));
  EXPECT_EQ(status().queued, 0);
}

TEST_F(SenderTest, SendsAllOfAQueueOverOneAssociationInItsOrder) {
  constexpr int kCount = 100;
  Receiver& peer = peer_that({});
  std::vector<std::string> expected, received;
  for (int i = 0; i < kCount; ++i) {
    const auto dicom = make_dicom().sop_class(kCtStorage).pixels(4, 4, 16);
    expected.push_back(dicom.dataset().text_or(tags::SOPInstanceUID, ""));
    put(dicom);
  }

  start(peer.port());

  ASSERT_TRUE(all_sent(kCount));
  for (const auto& one : peer.received()) received.push_back(one.sop_instance);
  EXPECT_EQ(received, expected);
  EXPECT_EQ(peer.associations(), 1);
}

TEST_F(SenderTest, CallsADestinationAsTheNodeThatItKnows) {
  Receiver& peer = peer_that({});
  start(peer.port());
  put(make_dicom().sop_class(kCtStorage));
  ASSERT_TRUE(all_sent(1));
  EXPECT_EQ(peer.calling(), "HERE");

  ASSERT_OK(destinations_.put(
      "PACS",
      {.aet = "THERE", .host = "127.0.0.1", .port = peer.port(), .local_aet = "ELSEWHERE"}));
  put(make_dicom().sop_class(kCtStorage));

  ASSERT_TRUE(all_sent(2));
  EXPECT_EQ(peer.calling(), "ELSEWHERE");
}

TEST_F(SenderTest, WhatIsPutWhileItRunsIsSent) {
  Receiver& peer = peer_that({});
  start(peer.port());

  put(make_dicom().sop_class(kCtStorage));

  EXPECT_TRUE(all_sent(1));
}

TEST_F(SenderTest, AWarningMeansStored) {
  Receiver& peer =
      peer_that({.answers = {statuses::kCoercionOfElements, statuses::kElementsDiscarded,
                             statuses::kDatasetDoesNotMatchSopClass}});
  for (int i = 0; i < 3; ++i) put(make_dicom().sop_class(kCtStorage));

  start(peer.port());

  EXPECT_TRUE(all_sent(3));
  EXPECT_THAT(peer.received(), SizeIs(3));
}

TEST_F(SenderTest, APeerThatIsFullIsAskedAgain) {
  Receiver& peer = peer_that({.answers = {statuses::kOutOfResources, statuses::kOutOfResources}});
  put(make_dicom().sop_class(kCtStorage));

  start(peer.port());

  EXPECT_TRUE(all_sent(1));
  EXPECT_THAT(peer.received(), SizeIs(3));
  EXPECT_EQ(status().troubles, 2);
}

TEST_F(SenderTest, AfterTheLastAttemptAnEntryIsADeadLetter) {
  attempts_max_ = 3;
  const std::vector<Status> always(20, statuses::kOutOfResources);
  Receiver& full = peer_that({.answers = always});
  put(make_dicom().sop_class(kCtStorage));

  start(full.port());

  ASSERT_TRUE(comes_true([&] { return status().failed == 1; }));
  EXPECT_THAT(full.received(), SizeIs(3));
  EXPECT_THAT(failed().front().failure.reason, testing::HasSubstr("A700"));
}

TEST_F(SenderTest, WhatIsRefusedForItselfIsADeadLetterAtOnceAndTheRestGoesOn) {
  for (const Status refusal : {statuses::kDatasetDoesNotMatch, statuses::kCannotUnderstand,
                               statuses::kSopClassNotSupported, statuses::kDuplicateSopInstance}) {
    Receiver& peer = peer_that({.answers = {refusal}});
    const auto before = status();
    put(make_dicom().sop_class(kCtStorage));
    put(make_dicom().sop_class(kCtStorage));

    start(peer.port());

    EXPECT_TRUE(all_sent(before.sent + 1)) << refusal;
    EXPECT_EQ(status().failed, before.failed + 1) << refusal;
    EXPECT_THAT(peer.received(), SizeIs(2)) << refusal;
    sender_.reset();
  }
}

TEST_F(SenderTest, WhatHasASopClassThatCannotBeNegotiatedIsADeadLetterAndTheRestGoesOn) {
  Receiver& peer = peer_that({});
  put(make_dicom().sop_class("1.2." + std::string(70, '3')));
  put(make_dicom().sop_class(kCtStorage));

  start(peer.port());

  EXPECT_TRUE(all_sent(1));
  ASSERT_TRUE(comes_true([&] { return status().failed == 1; }));
  EXPECT_EQ(failed().front().failure.trouble, Trouble::lost);
}

TEST_F(SenderTest, WhereNobodyListensTheQueueWaitsAndIsSentWhenSomebodyDoes) {
  attempts_max_ = 1;  // it is not the entry's fault
  auto taken = listen_on("127.0.0.1", 0);
  const int port = port_of(*taken);
  taken = Error{Errc::io, "closed"};
  for (int i = 0; i < 5; ++i) put(make_dicom().sop_class(kCtStorage));
  start(port);
  ASSERT_TRUE(comes_true([&] { return status().failures >= 2; }));
  EXPECT_EQ(status().last_failure.trouble, Trouble::refused);

  Receiver& peer = peer_that({}, port);

  EXPECT_TRUE(all_sent(5));
  EXPECT_THAT(peer.received(), SizeIs(5));
  EXPECT_EQ(status().failed, 0);
}

TEST_F(SenderTest, AfterEachReconnectItGoesOnWhereItStopped) {
  Receiver& peer = peer_that({.resets_after = 2});
  for (int i = 0; i < 7; ++i) put(make_dicom().sop_class(kCtStorage));

  start(peer.port());

  EXPECT_TRUE(all_sent(7));
  EXPECT_THAT(peer.received(), SizeIs(7));
}

TEST_F(SenderTest, WhatAPeerCannotStandKeepsNothingElseFromIt) {
  // More than end a turn, and before all else.
  Receiver::Behaviour behaviour;
  for (int i = 0; i < 12; ++i) behaviour.aborts_at.push_back("1.2." + std::to_string(i + 1));
  for (const auto& uid : behaviour.aborts_at) put(make_dicom().sop_class(kCtStorage).instance(uid));
  for (int i = 0; i < 40; ++i) put(make_dicom().sop_class(kCtStorage));
  Receiver& peer = peer_that(behaviour);

  start(peer.port());

  EXPECT_TRUE(all_sent(40));
  EXPECT_THAT(peer.received(), SizeIs(40));
  const auto after = status();
  EXPECT_EQ(after.queued + after.sending, 12) << "they are tried again";
  EXPECT_EQ(after.failed, 0);
}

TEST_F(SenderTest, AQueueOfManySopClassesIsSplitIntoAssociations) {
  constexpr int kClasses = 150;
  Receiver& peer = peer_that({});
  for (int i = 0; i < kClasses; ++i)
    put(make_dicom().sop_class("1.2.826.0.1.3680043.9.7777." + std::to_string(i + 1)));

  start(peer.port());

  EXPECT_TRUE(all_sent(kClasses));
  EXPECT_LE(peer.contexts_max(), 128u);
  EXPECT_GT(peer.associations(), 1);
}

TEST_F(SenderTest, ConvertsToImplicitWhereNothingElseIsAccepted) {
  Receiver& peer = peer_that({.syntaxes = {std::string(uids::ImplicitVRLittleEndian)}});
  auto dicom = make_dicom().sop_class(kCtStorage).pixels(300, 300, 16);  // stays on disk
  dicom.dataset()
      .add_item(*tag_of("ReferencedImageSequence"))
      .set_text(*tag_of("PatientComments"), "x");
  put(dicom);

  start(peer.port());

  ASSERT_TRUE(all_sent(1));
  EXPECT_EQ(peer.received().front().bytes, dataset_of(dicom, uids::ImplicitVRLittleEndian));
}

TEST_F(SenderTest, ConvertsToExplicitWhereNothingElseIsAccepted) {
  Receiver& peer = peer_that({.syntaxes = {std::string(uids::ExplicitVRLittleEndian)}});
  auto dicom = make_dicom().sop_class(kCtStorage).pixels(300, 300, 16);
  const auto expected = dataset_of(dicom, uids::ExplicitVRLittleEndian);
  put(dicom.in(uids::ExplicitVRBigEndian));
  put(make_dicom().sop_class(kCtStorage).in(uids::ImplicitVRLittleEndian));

  start(peer.port());

  ASSERT_TRUE(all_sent(2));
  EXPECT_EQ(peer.received().front().bytes, expected);
}

// PS3.5 annex G: one frame of 4x4 bytes, in one segment that is one literal run.
std::string rle_pixels(std::string_view pixels) {
  const auto word = [](std::uint32_t n) {
    return std::string(reinterpret_cast<const char*>(&n), 4);
  };
  const std::string item("\xfe\xff\x00\xe0", 4);
  std::string frame = word(1) + word(64) + std::string(56, '\0');
  frame += static_cast<char>(pixels.size() - 1);
  frame += pixels;
  if (frame.size() % 2 != 0) frame += '\0';
  return item + word(0) + item + word(static_cast<std::uint32_t>(frame.size())) + frame;
}

TEST_F(SenderTest, DecodesWhereOnlyUncompressedIsAccepted) {
  const std::string pixels = "ABCDEFGHIJKLMNOP";
  for (const auto target : {uids::ExplicitVRLittleEndian, uids::ImplicitVRLittleEndian}) {
    Receiver& peer = peer_that({.syntaxes = {std::string(target)}});
    auto native = make_dicom().sop_class(kCtStorage).pixels(4, 4, 8);
    native.set_bytes(tags::PixelData, target == uids::ImplicitVRLittleEndian ? Vr::OW : Vr::OB,
                     pixels);
    auto compressed = native;
    compressed.set_bytes(tags::PixelData, Vr::OB, rle_pixels(pixels)).in(uids::RLELossless);
    const auto before = status();
    put(compressed);

    start(peer.port());

    ASSERT_TRUE(all_sent(before.sent + 1)) << target;
    EXPECT_EQ(peer.received().front().bytes, dataset_of(native, target)) << target;
    sender_.reset();
  }
}

TEST_F(SenderTest, SendsCompressedAsItIsWhereThatIsAccepted) {
  Receiver& peer = peer_that({});
  auto dicom = make_dicom().sop_class(kCtStorage).pixels(4, 4, 8);
  dicom.set_bytes(tags::PixelData, Vr::OB, rle_pixels("ABCDEFGHIJKLMNOP")).in(uids::RLELossless);
  put(dicom);

  start(peer.port());

  ASSERT_TRUE(all_sent(1));
  EXPECT_EQ(peer.received().front().transfer_syntax, uids::RLELossless);
  EXPECT_TRUE(dicom.bytes().ends_with(peer.received().front().bytes));
}

TEST_F(SenderTest, PadsADeflatedDatasetOfOddLength) {
  Receiver& peer = peer_that({});
  const auto odd = odd_deflated();
  const auto added = store_.add(odd.file());
  TempStore::require(store_->outbox().put({added.instance, "PACS"}, now()));

  start(peer.port());

  ASSERT_TRUE(all_sent(1));
  EXPECT_EQ(peer.received().front().transfer_syntax, uids::DeflatedExplicitVRLittleEndian);
  EXPECT_EQ(peer.received().front().bytes, odd.dataset + '\0');
}

TEST_F(SenderTest, PixelsThatCannotBeDecodedAreADeadLetter) {
  Receiver& peer = peer_that({.syntaxes = {std::string(uids::ExplicitVRLittleEndian)}});
  auto dicom = make_dicom().sop_class(kCtStorage).pixels(4, 4, 8);
  dicom.set_bytes(tags::PixelData, Vr::OB, rle_pixels("ABC")).in(uids::RLELossless);
  put(dicom);
  put(make_dicom().sop_class(kCtStorage));

  start(peer.port());

  EXPECT_TRUE(all_sent(1));
  EXPECT_EQ(status().failed, 1);
}

TEST_F(SenderTest, WhatNobodyAcceptsIsADeadLetterThatSaysSo) {
  Receiver& peer = peer_that({.syntaxes = {"1.2.3"}});
  put(make_dicom().sop_class(kCtStorage));

  start(peer.port());

  ASSERT_TRUE(comes_true([&] { return status().failed == 1; }));
  EXPECT_EQ(failed().front().failure.trouble, Trouble::not_accepted);
  EXPECT_THAT(peer.received(), IsEmpty());
}

TEST_F(SenderTest, ASilentPeerDoesNotHoldUpTheEnd) {
  patience_at_end_ = std::chrono::milliseconds(100);
  auto silent = *listen_on("127.0.0.1", 0);
  put(make_dicom().sop_class(kCtStorage));
  start(port_of(silent));
  ASSERT_TRUE(comes_true([&] { return status().sending == 1; }));

  sender_.reset();

  EXPECT_EQ(status().queued + status().sending, 1);
}

TEST_F(SenderTest, SeveralAssociationsSendEachEntryOnce) {
  constexpr int kCount = 200;
  Options options;
  auto server_store = std::make_unique<TempStore>(StoreOptions{.durability = Durability::relaxed});
  auto server = TempStore::require(Server::start(**server_store, options));
  for (int i = 0; i < kCount; ++i) put(make_dicom().sop_class(kCtStorage));
  ASSERT_OK(destinations_.put("PACS", {"DCMFS", "127.0.0.1", server->port(), 4}));

  start();

  ASSERT_TRUE(all_sent(kCount));
  EXPECT_EQ(status().sent, kCount);
  EXPECT_EQ((*server_store)->statistics()->instances, kCount);
  sender_.reset();
  server.reset();
}

TEST_F(SenderTest, WhatCannotBeWrittenDownIsWrittenOnceTheDiskHasRoom) {
  detail::file_ops::set_fault([this](detail::file_ops::Op op) {
    return op == detail::file_ops::Op::commit && is_full_ ? ENOSPC : 0;
  });
  StoragePeer peer({.on_instance = [&] { is_full_ = true; }});
  put(make_dicom().sop_class(kCtStorage));

  start(peer.port());
  ASSERT_TRUE(comes_true([&] { return !peer.received().empty(); }));
  std::this_thread::sleep_for(std::chrono::milliseconds(200));  // by then it has tried to tell
  EXPECT_EQ(status().sending, 1);
  is_full_ = false;

  EXPECT_TRUE(all_sent(1));
  EXPECT_EQ(status().sending, 0);
  EXPECT_THAT(peer.received(), SizeIs(1));
}

TEST_F(SenderTest, WhatADeadProcessHadClaimedIsSent) {
  Receiver& peer = peer_that({});
  put(make_dicom().sop_class(kCtStorage));
  ASSERT_THAT(*store_->outbox().claim("PACS", 10, now(), std::chrono::hours(1)), SizeIs(1));

  start(peer.port());

  EXPECT_TRUE(all_sent(1));
}

TEST_F(SenderTest, ARemovedDestinationKeepsItsQueue) {
  Receiver& peer = peer_that({});
  start(peer.port());
  ASSERT_OK(destinations_.remove("PACS"));
  put(make_dicom().sop_class(kCtStorage));
  EXPECT_EQ(status().queued, 1);

  ASSERT_OK(destinations_.put("PACS", {"THERE", "127.0.0.1", peer.port()}));

  EXPECT_TRUE(all_sent(1));
}

}  // namespace
}  // namespace dcmfs::net
