#include "tools/delivery.h"

#include <atomic>
#include <cerrno>
#include <thread>

#include <gtest/gtest.h>

#include "store/detail/file_ops.h"
#include "tests/support/temp_store.h"

namespace dcmfs::tools {
namespace {

bool comes_about(const std::function<bool()>& condition) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (!condition() && std::chrono::steady_clock::now() < end)
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  return condition();
}

// It forgets what dead senders had claimed, which has to be written.
TEST(DeliveryTest, WhereTheDiskIsFullWhenItBeginsItBeginsOnceThereIsRoom) {
  TempStore store{{.durability = Durability::relaxed}};
  ASSERT_OK(store->outbox().put({store.add(make_dicom()).instance, "PACS"}, now()));
  std::atomic<bool> is_full = false, has_complained = false;
  const struct NoMoreFaults {
    ~NoMoreFaults() { detail::file_ops::set_fault({}); }
  } no_more_faults;
  detail::file_ops::set_fault([&](detail::file_ops::Op op) {
    return op == detail::file_ops::Op::commit && is_full ? ENOSPC : 0;
  });
  const auto delivery = TempStore::require(Delivery::open(*store, {}));
  // Where nobody listens: the port of a service that is not used any more (RFC 863).
  ASSERT_OK(delivery->destinations().put("PACS", {"THERE", "127.0.0.1", 9}));
  is_full = true;
  delivery->start([&](std::string_view) { has_complained = true; });
  EXPECT_TRUE(comes_about([&] { return has_complained.load(); }));
  const auto failures = [&] { return TempStore::require(store->outbox().status("PACS")).failures; };
  EXPECT_EQ(failures(), 0);

  is_full = false;

  EXPECT_TRUE(comes_about([&] { return failures() > 0; }));
}

}  // namespace
}  // namespace dcmfs::tools
