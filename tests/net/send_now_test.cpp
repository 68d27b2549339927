#include "net/send_now.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/net/storage_peer.h"
#include "tests/support/temp_store.h"

namespace dcmfs::net {
namespace {

using testing::SizeIs;

const std::string kExplicitUid(uids::ExplicitVRLittleEndian);
const std::string kImplicitUid(uids::ImplicitVRLittleEndian);

Peer peer_at(int port) {
  return {.aet = "PEER", .host = "127.0.0.1", .port = port, .calling_aet = "OURS"};
}

// What came of each, as a status or an error.
std::vector<Result<Status>> sent_to(const Peer& peer, Store& store, std::vector<RowId> rows,
                                    const SendOptions& options) {
  std::vector<Result<Status>> all;
  EXPECT_OK(send_now(store, peer, rows, options, [&](std::size_t, const Result<Status>& one) {
    all.push_back(one);
    return Result<>();
  }));
  return all;
}

TEST(SendNow, UsesTheTransferSyntaxThatIsWantedAndNoOther) {
  TempStore store;
  const auto row = store.add(make_dicom().pixels(2, 2, 16)).instance.row;
  StoragePeer takes_all, takes_explicit({.syntaxes = {kExplicitUid}});

  const auto wanted =
      sent_to(peer_at(takes_all.port()), *store, {row}, {.transfer_syntax = kImplicitUid});
  const auto refused =
      sent_to(peer_at(takes_explicit.port()), *store, {row}, {.transfer_syntax = kImplicitUid});

  ASSERT_THAT(wanted, SizeIs(1));
  ASSERT_OK(wanted[0]);
  ASSERT_THAT(takes_all.received(), SizeIs(1));
  EXPECT_EQ(takes_all.received()[0].transfer_syntax, kImplicitUid);
  ASSERT_THAT(refused, SizeIs(1));
  EXPECT_FALSE(refused[0].ok());
  EXPECT_THAT(takes_explicit.received(), SizeIs(0));
}

TEST(SendNow, ChangesNothingForAPeerThatMustNotBeTranscodedFor) {
  TempStore store;
  const auto row = store.add(make_dicom().pixels(2, 2, 16)).instance.row;
  StoragePeer takes_implicit({.syntaxes = {kImplicitUid}}), takes_all;
  auto peer = peer_at(takes_implicit.port()), other = peer_at(takes_all.port());
  ASSERT_OK(sent_to(peer, *store, {row}, {}).at(0)) << "else it would get it";
  peer.may_transcode = other.may_transcode = false;

  EXPECT_FALSE(sent_to(peer, *store, {row}, {}).at(0).ok());
  ASSERT_OK(sent_to(other, *store, {row}, {}).at(0));

  EXPECT_THAT(takes_implicit.received(), SizeIs(1));
  EXPECT_EQ(takes_all.received().at(0).transfer_syntax, kExplicitUid);
}

}  // namespace
}  // namespace dcmfs::net
