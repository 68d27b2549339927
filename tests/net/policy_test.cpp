#include "net/policy.h"

#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmdata/dcuid.h>
#include <gtest/gtest.h>

#include "net/storage.h"
#include "store/dicom/transfer_syntax.h"
#include "tests/net/ends.h"

namespace dcmfs::net {
namespace {

using Answer = NegotiationAnswer::Context;

NegotiationRequest request(std::string_view sop_class, std::vector<std::string> syntaxes,
                           Roles roles = kScu) {
  return {.calling_aet = "HERE",
          .called_aet = "DCMFS",
          .peer_address = "127.0.0.1",
          .application_context = "1.2.840.10008.3.1.1.1",
          .contexts = {{.abstract_syntax = std::string(sop_class),
                        .transfer_syntaxes = std::move(syntaxes),
                        .roles = roles,
                        .id = 1}},
          .extended = {}};
}
Answer context(std::string_view sop_class, std::vector<std::string> syntaxes, Roles roles = kScu,
               const Options& options = {}) {
  return answer_to(request(sop_class, std::move(syntaxes), roles), options).contexts.at(0);
}

constexpr std::string_view kVerification = "1.2.840.10008.1.1";
const std::string kImplicit = "1.2.840.10008.1.2", kHtj2k = "1.2.840.10008.1.2.4.201";

TEST(Policy, TakesTheFirstTransferSyntaxThatItKnows) {
  EXPECT_EQ(context(kCt, {"1.2.3", kHtj2k, kImplicit}).transfer_syntax, kHtj2k);
  EXPECT_EQ(context(kCt, {kImplicit, kHtj2k}).transfer_syntax, kImplicit);
  EXPECT_EQ(context(kVerification, {kHtj2k, kImplicit}).transfer_syntax, kImplicit);
}

TEST(Policy, StoresInATransferSyntaxThatNobodyKnows) {
  EXPECT_EQ(context(kCt, {"1.2.3"}).transfer_syntax, "1.2.3");
  EXPECT_EQ(context(kVerification, {"1.2.3"}).result,
            Answer::Result::transfer_syntaxes_not_supported);
  EXPECT_EQ(context(kCt, {"nonsense"}).result, Answer::Result::transfer_syntaxes_not_supported);
}

TEST(Policy, AcceptsEveryStorageSopClassThatDcmtkKnows) {
  for (int i = 0; i < numberOfDcmAllStorageSOPClassUIDs; ++i) {
    const std::string uid = dcmAllStorageSOPClassUIDs[i];
    if (uid == uids::MediaStorageDirectoryStorage) continue;

    EXPECT_EQ(context(uid, {kImplicit}).result, Answer::Result::accepted) << uid;
  }
}

TEST(Policy, AcceptsUnknownAndPrivateSopClassesUnlessToldNotTo) {
  for (const char* uid : {"1.2.840.113619.4.26", "1.2.840.10008.5.1.4.1.1.4711", "1.02.3"}) {
    EXPECT_EQ(context(uid, {kImplicit}).result, Answer::Result::accepted) << uid;
    EXPECT_EQ(context(uid, {kImplicit}, kScu, {.accepts_unknown_sop_classes = [] { return false; }})
                  .result,
              Answer::Result::abstract_syntax_not_supported)
        << uid;
  }
}

TEST(Policy, StoresOnlyWhatIsAccepted) {
  const std::string mr = "1.2.840.10008.5.1.4.1.1.4";
  const Options only_ct{.accepted_sop_classes = {std::string(kCt)}};
  const Options no_ct{.rejected_sop_classes = {"*.1.2"}};
  const Options compressed{.accepts_transfer_syntax = [](std::string_view uid) {
    return uid.starts_with("1.2.840.10008.1.2.4.");
  }};

  EXPECT_EQ(context(kCt, {kImplicit}, kScu, only_ct).result, Answer::Result::accepted);
  EXPECT_EQ(context(mr, {kImplicit}, kScu, only_ct).result,
            Answer::Result::abstract_syntax_not_supported);
  EXPECT_EQ(context(kCt, {kImplicit}, kScu, no_ct).result,
            Answer::Result::abstract_syntax_not_supported);
  EXPECT_EQ(context(mr, {kImplicit}, kScu, no_ct).result, Answer::Result::accepted);
  EXPECT_EQ(context(kCt, {kImplicit}, kScu, compressed).result,
            Answer::Result::transfer_syntaxes_not_supported);
  EXPECT_EQ(context(kCt, {kImplicit, kHtj2k}, kScu, compressed).transfer_syntax, kHtj2k);
  EXPECT_EQ(context(kVerification, {kImplicit}, kScu, compressed).result, Answer::Result::accepted);
}

void knows(Options& options, const Destination& node) {
  options.nodes_titled = [node](std::string_view aet) {
    std::vector<Destination> found;
    if (same_title(node.aet, aet, Titles::in_any_case)) found.push_back(node);
    return found;
  };
}

TEST(Policy, GivesWhatThePeerMayAskFor) {
  Options options;
  auto only_echo = kNoPrivileges;
  only_echo.echo = true;
  knows(options, {.aet = "HERE", .host = "", .may = only_echo});

  EXPECT_EQ(context(kVerification, {kImplicit}, kScu, options).result, Answer::Result::accepted);
  EXPECT_EQ(context(kCt, {kImplicit}, kScu, options).result, Answer::Result::user_rejection);
  // What it fetches it may still receive.
  EXPECT_EQ(context(kCt, {kImplicit}, kBothRoles, options).peer, kScp);
}

TEST(Policy, RejectsWhoMayNothing) {
  Options options;
  options.access.anybody = kNoPrivileges;
  const auto stranger = request(kCt, {kImplicit});

  EXPECT_EQ(answer_to(stranger, options).rejection, Rejection::calling_aet);
  knows(options, {.aet = "here", .host = ""});
  EXPECT_EQ(answer_to(stranger, options).rejection, std::nullopt);
}

TEST(Policy, RejectsWhoCallsAnotherTitleIfItIsChecked) {
  Options options{.aet = "OURS", .check_called_aet = true};
  const auto call = [&](const char* title) {
    auto one = request(kCt, {kImplicit});
    one.called_aet = title;
    return answer_to(one, options).rejection;
  };

  EXPECT_EQ(call("ours"), std::nullopt);
  EXPECT_EQ(call("THEIRS"), Rejection::called_aet);
  // Who knows us under another title calls us by it.
  knows(options, {.aet = "HERE", .host = "", .local_aet = "THEIRS"});
  EXPECT_EQ(call("THEIRS"), std::nullopt);
  EXPECT_EQ(call("OURS"), std::nullopt);
  EXPECT_EQ(call("OTHER"), Rejection::called_aet);
}

TEST(Policy, RefusesWhatIsNoStorage) {
  for (const char* uid :
       {"1.2.840.10008.5.1.4.32.1", "1.2.840.10008.1.3.10", "1.2.840.10008.1.20.2",
        "1.2.840.10008.5.1.1.9", "1.2.840.10008.1.2", "", "x"})
    EXPECT_EQ(context(uid, {kImplicit}).result, Answer::Result::abstract_syntax_not_supported)
        << uid;
}

TEST(Policy, GivesStorageBothRoles) {
  EXPECT_EQ(context(kCt, {kImplicit}, kBothRoles).peer, kBothRoles);
  EXPECT_EQ(context(kCt, {kImplicit}, kScp).peer, kScp);
  EXPECT_EQ(context(kVerification, {kImplicit}, kBothRoles).peer, kScu);
  EXPECT_EQ(context(kVerification, {kImplicit}, kScp).result, Answer::Result::user_rejection);
}

TEST(Policy, GivesTheRolesOfAllRowsOfASopClass) {
  constexpr std::string_view kCommitment = "1.2.840.10008.1.20.1";
  Options options;
  options.access.anybody.storage_commitment = false;

  EXPECT_EQ(context(kCommitment, {kImplicit}).peer, kScu);
  EXPECT_EQ(context(kCommitment, {kImplicit}, kScp).peer, kScp);
  EXPECT_EQ(context(kCommitment, {kImplicit}, kBothRoles).peer, kBothRoles);
  // What we have asked for may be reported.
  EXPECT_EQ(context(kCommitment, {kImplicit}, kBothRoles, options).peer, kScp);
}

TEST(Policy, RejectsTitlesThatAreNone) {
  const auto rejection = [](std::string calling, std::string called) {
    auto asked = request(kCt, {kImplicit});
    asked.calling_aet = std::move(calling);
    asked.called_aet = std::move(called);
    return answer_to(asked, {}).rejection;
  };

  EXPECT_EQ(rejection("A\nB", "DCMFS"), Rejection::calling_aet);
  EXPECT_EQ(rejection("A\\B", "DCMFS"), Rejection::calling_aet);
  EXPECT_EQ(rejection("A B", "D\x1b[2J"), Rejection::called_aet);
  EXPECT_EQ(rejection("A B", "DCMFS"), std::nullopt);
}

}  // namespace
}  // namespace dcmfs::net
