#include "net/router.h"

#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "net/sent.h"
#include "tests/support/temp_store.h"

namespace dcmfs::net {
namespace {

using testing::IsEmpty;
using testing::SizeIs;

class RouterTest : public testing::Test {
 protected:
  using Conditions = std::vector<std::pair<Tag, std::string>>;
  static Route route(const Conditions& conditions, std::vector<std::string> to,
                     bool then_remove = false) {
    Route rule{.name = "rule", .where = {}, .to = std::move(to), .then_remove = then_remove};
    for (const auto& [tag, key] : conditions)
      rule.where.push_back({tag, TempStore::require(Matcher::parse(tag, key))});
    return rule;
  }
  void start(std::vector<Route> routes) {
    router_ =
        TempStore::require(Router::start(*store_, std::move(routes), [](std::string_view) {}));
  }
  void stop() { router_.reset(); }
  Key add(std::string_view modality = "CT") {
    return store_.add(make_dicom().modality(modality)).instance;
  }
  std::vector<Outgoing> queued(std::string_view name) {
    return TempStore::require(store_->outbox().list(name, SendState::queued, OutboxId{}, 1000));
  }
  bool will_be_queued(std::string_view name, std::size_t count) {
    for (int i = 0; i < 4000 && queued(name).size() < count; ++i)
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    return queued(name).size() == count;
  }
  // All that was added before has been looked at when this has.
  bool has_come_here() {
    const auto last = store_->changes().last();
    for (int i = 0; i < 4000; ++i) {
      if (TempStore::require(store_->outbox().position("routing")) == last) return true;
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    return false;
  }
  void send_all(const std::string& name) {
    const auto entries =
        TempStore::require(store_->outbox().claim(name, 1000, now(), std::chrono::minutes(1)));
    ASSERT_OK(settle_sent(*store_, entries, now()));
  }
  std::int64_t instances() { return store_->statistics()->instances; }

  TempStore store_{{.durability = Durability::relaxed}};
  std::unique_ptr<Router> router_;
};

TEST_F(RouterTest, QueuesWhatFitsForEachDestinationOnce) {
  start({route({{tags::Modality, "CT"}}, {"PACS", "WS"}), route({}, {"PACS"}),
         route({{tags::Modality, "MR"}}, {"MRI"})});

  add("CT");
  add("US");

  EXPECT_TRUE(will_be_queued("PACS", 2));
  ASSERT_TRUE(has_come_here());
  EXPECT_THAT(queued("PACS"), SizeIs(2));
  EXPECT_THAT(queued("WS"), SizeIs(1));
  EXPECT_THAT(queued("MRI"), IsEmpty());
}

TEST_F(RouterTest, AllConditionsMustHoldAlsoThoseOfAttributesThatTheIndexDoesNotKeep) {
  start({route({{tags::Modality, "CT"}, {*tag_of("ConvolutionKernel"), "B3*"}}, {"PACS"})});

  const auto fitting =
      store_.add(make_dicom().modality("CT").set(*tag_of("ConvolutionKernel"), "B30f"));
  store_.add(make_dicom().modality("CT").set(*tag_of("ConvolutionKernel"), "H40s"));

  ASSERT_TRUE(has_come_here());
  ASSERT_THAT(queued("PACS"), SizeIs(1));
  EXPECT_EQ(queued("PACS").front().instance, fitting.instance.row);
}

TEST_F(RouterTest, WhatWasThereBeforeTheFirstRuleStays) {
  add();
  start({});
  add();
  stop();

  start({route({}, {"PACS"})});
  add();

  ASSERT_TRUE(has_come_here());
  EXPECT_THAT(queued("PACS"), SizeIs(1));
}

TEST_F(RouterTest, WhatArrivedWhileItDidNotRunIsRoutedOnce) {
  start({route({}, {"PACS"})});
  add();
  ASSERT_TRUE(has_come_here());
  stop();
  add();
  add();

  start({route({}, {"PACS"})});

  ASSERT_TRUE(has_come_here());
  EXPECT_THAT(queued("PACS"), SizeIs(3));
}

TEST_F(RouterTest, ForwardedInstancesGoWhenAllDestinationsHaveThem) {
  start({route({{tags::Modality, "CT"}}, {"PACS", "WS"}, true)});
  add("CT");
  add("MR");
  ASSERT_TRUE(has_come_here());
  ASSERT_THAT(queued("WS"), SizeIs(1));

  send_all("PACS");
  EXPECT_EQ(instances(), 2);
  send_all("WS");

  EXPECT_EQ(instances(), 1);
  EXPECT_THAT(queued("WS"), IsEmpty());
}

TEST_F(RouterTest, WhatWasGivenUpIsNotRemoved) {
  start({route({}, {"PACS", "WS"}, true)});
  add();
  ASSERT_TRUE(has_come_here());
  ASSERT_OK(store_->outbox().give_up(queued("PACS").front().id));

  send_all("WS");

  EXPECT_EQ(instances(), 1);
}

TEST_F(RouterTest, OtherInstancesThatAreSentStay) {
  const auto instance = add();
  ASSERT_OK(store_->outbox().put({instance, "PACS"}, now()));

  send_all("PACS");

  EXPECT_EQ(instances(), 1);
}

TEST_F(RouterTest, ADestinationThatCannotBeHoldsUpNothing) {
  start({route({}, {"AUX", "PACS"}, true)});
  add();
  add();

  ASSERT_TRUE(has_come_here());
  EXPECT_THAT(queued("PACS"), SizeIs(2));
  send_all("PACS");
  EXPECT_EQ(instances(), 2) << "AUX has them not";
}

// What is queued for one of them may be sent before the next line of the router.
TEST_F(RouterTest, AllThatMustHaveItAreAwaitedAtOnceOrNone) {
  const auto added = add();
  const std::string unkeepable = "Z" + std::string(KeptValues::kNameBytesMax, 'Z');
  ASSERT_FALSE(remove_once_sent(*store_, added.row, {"PACS", unkeepable}).ok());
  TempStore::require(store_->outbox().put({.what = added, .destination = "PACS"}, now()));

  send_all("PACS");

  EXPECT_EQ(instances(), 1);
}

TEST_F(RouterTest, WhoeverIsLastOfTwoAtOnceRemovesIt) {
  constexpr int kInstances = 100;
  for (int i = 0; i < kInstances; ++i) {
    const auto added = add();
    ASSERT_OK(remove_once_sent(*store_, added.row, {"PACS", "WS"}));
    for (const char* name : {"PACS", "WS"})
      TempStore::require(store_->outbox().put({.what = added, .destination = name}, now()));
  }
  {
    const std::jthread other([&] { send_all("WS"); });
    send_all("PACS");
  }
  EXPECT_EQ(instances(), 0);
}

}  // namespace
}  // namespace dcmfs::net
