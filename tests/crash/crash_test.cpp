// For every N: the Nth operation of an add or a removal fails, or the process
// dies at it. Then the store is opened again: nothing that was acknowledged is
// missing, no file and no row is without the other.
#include <cerrno>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "store/check.h"
#include "store/detail/file_ops.h"
#include "store/detail/index.h"
#include "tests/support/temp_store.h"

namespace dcmfs {
namespace {

using detail::file_ops::Op;
using detail::file_ops::set_fault;

constexpr int kOperationsMax = 200;
constexpr int kDied = 42;

struct Scenario {
  const char* name;
  StoreOptions options;
  // Acts on a store that holds `stored`; answers whether that was acknowledged.
  std::function<bool(Store&, const Added& stored)> act;
  // What must hold if it was.
  std::function<void(Store&, const Added& stored)> expect;
  // Before that, without faults.
  std::function<void(Store&)> prepare = [](Store&) {};
  int rejected_max = 0;  // files that may stand in rejected/ afterwards
  // What must hold whether it was acknowledged or not.
  std::function<void(Store&)> always = [](Store&) {};
};

DicomBuilder changed() {
  return make_dicom()
      .patient("A", "DOE")
      .study("1.1")
      .series("1.2")
      .instance("1.3")
      .pixels(4, 4, 8);
}
DicomBuilder fresh() {
  return make_dicom()
      .patient("B", "DOE")
      .study("2.1")
      .series("2.2")
      .instance("2.3")
      .pixels(9, 9, 8);
}
DicomBuilder original() {
  return make_dicom().patient("A", "DOE").study("1.1").series("1.2").instance("1.3");
}

bool holds(Store& store, std::string_view bytes) {
  bool found = false;
  Query query;
  query.level = Level::instance;
  EXPECT_OK(store.find(query, [&](const Resource& resource) {
    const auto blob = store.open_file(resource.key.row);
    EXPECT_OK(blob);
    std::string stored(static_cast<std::size_t>(blob->size()), '\0');
    EXPECT_OK(blob->read(0, std::as_writable_bytes(std::span(stored))));
    found = found || stored == bytes;
    return true;
  }));
  return found;
}

int files_in(const std::filesystem::path& folder) {
  int files = 0;
  for (const auto& e : std::filesystem::recursive_directory_iterator(folder)) {
    files += e.is_regular_file();
  }
  return files;
}

// By who has promised nothing yet: what a crash leaves of it in the spool goes.
Result<> reject(Store& store) {
  DCMFS_TRY(auto file, spooled(store, "no image"));
  const auto added = store.add(file);
  EXPECT_FALSE(added.ok());
  DCMFS_CHECK(store.rejected().put(std::move(file), "note", added.error(), now()));
  return {};
}

const std::string kOriginal = original().bytes();
const std::string kChanged = changed().bytes();
const std::string kFresh = fresh().bytes();

constexpr std::chrono::minutes kLease{1};

Result<OutboxId> queue_bytes(Store& store, std::string_view bytes) {
  DCMFS_TRY(auto file, spooled(store, bytes));
  return store.outbox().put(file, "IM0001", "P", now());
}
void queue_all(Store& store) {
  EXPECT_OK(store.outbox().put({{Level::patient, RowId{1}}, "P"}, now()));
}

// Whether these bytes are in the outbox; all that is there can be read.
bool sends(Store& store, std::string_view bytes) {
  bool found = false;
  for (const SendState state : {SendState::queued, SendState::sending, SendState::failed}) {
    const auto entries = store.outbox().list("P", state, OutboxId{0}, 100);
    EXPECT_OK(entries);
    for (const Outgoing& entry : *entries) {
      const auto blob = store.outbox().open(entry);
      EXPECT_OK(blob);
      std::string text(static_cast<std::size_t>(blob->size()), '\0');
      EXPECT_OK(blob->read(0, std::as_writable_bytes(std::span(text))));
      found = found || text == bytes;
    }
  }
  return found;
}

constexpr Key kFirstInstance{Level::instance, RowId{1}};

Result<Attachment> attach(Store& store, std::string_view bytes) {
  DCMFS_TRY(auto file, spooled(store, bytes));
  return store.attachments().put(kFirstInstance, "note", file, now());
}
std::string attached(Store& store) {
  const auto note = TempStore::require(store.attachments().get(kFirstInstance, "note"));
  const auto blob = TempStore::require(store.attachments().open(note));
  std::string text(static_cast<std::size_t>(blob.size()), '\0');
  TempStore::require(blob.read(0, std::as_writable_bytes(std::span(text))));
  return text;
}

const Scenario kScenarios[] = {
    {"add",
     {},
     [](Store& store, const Added&) { return add_bytes(store, kFresh).ok(); },
     [](Store& store, const Added&) {
       EXPECT_TRUE(holds(store, kFresh));
       EXPECT_TRUE(holds(store, kOriginal));
     }},
    {"replace", StoreOptions{.overwrite = Overwrite::always},
     [](Store& store, const Added&) { return add_bytes(store, kChanged).ok(); },
     [](Store& store, const Added&) {
       EXPECT_TRUE(holds(store, kChanged));
       EXPECT_FALSE(holds(store, kOriginal));
     }},
    {"remove",
     {},
     [](Store& store, const Added& stored) { return store.remove(stored.instance).ok(); },
     [](Store& store, const Added&) { EXPECT_FALSE(holds(store, kOriginal)); }},
    {"remove to the trash",
     {},
     [](Store& store, const Added& stored) {
       return store.remove(stored.instance, Store::Removal::to_trash).ok();
     },
     [](Store& store, const Added&) {
       EXPECT_FALSE(holds(store, kOriginal));
       EXPECT_EQ(files_in(store.root() / "trash"), 1);
     }},
    {"add relaxed", StoreOptions{.durability = Durability::relaxed},
     [](Store& store, const Added&) { return add_bytes(store, kFresh).ok(); },
     [](Store& store, const Added&) { EXPECT_TRUE(holds(store, kFresh)); }},
    {.name = "reject",
     .options = {},
     .act = [](Store& store, const Added&) { return reject(store).ok(); },
     .expect =
         [](Store& store, const Added&) {
           EXPECT_OK(store.rejected().open("note"));
           EXPECT_OK(store.rejected().open("note.reason.txt"));
         },
     .rejected_max = 2},
    {.name = "expire",
     .options = {},
     .act = [](Store& store,
               const Added&) { return store.expire(now() + std::chrono::days(40)).ok(); },
     .expect = [](Store& store, const Added&) { EXPECT_EQ(files_in(store.root() / "trash"), 0); },
     .prepare =
         [](Store& store) {
           const auto other = TempStore::require(add_bytes(store, kFresh));
           EXPECT_OK(store.remove(other.instance, Store::Removal::to_trash));
           EXPECT_OK(reject(store));
         },
     .rejected_max = 2},
    {.name = "queue",
     .options = {},
     .act =
         [](Store& store, const Added& stored) {
           return store.outbox().put({stored.instance, "P"}, now()).ok();
         },
     .expect = [](Store& store, const Added&) { EXPECT_TRUE(sends(store, kOriginal)); }},
    {.name = "queue relaxed",
     .options = StoreOptions{.durability = Durability::relaxed},
     .act =
         [](Store& store, const Added& stored) {
           return store.outbox().put({stored.instance, "P"}, now()).ok();
         },
     .expect = [](Store& store, const Added&) { EXPECT_TRUE(sends(store, kOriginal)); }},
    {.name = "queue bytes",
     .options = {},
     .act = [](Store& store, const Added&) { return queue_bytes(store, kFresh).ok(); },
     .expect = [](Store& store, const Added&) { EXPECT_TRUE(sends(store, kFresh)); }},
    {.name = "remove what is queued",
     .options = {},
     .act = [](Store& store, const Added& stored) { return store.remove(stored.instance).ok(); },
     .expect = [](Store& store, const Added&) { EXPECT_FALSE(holds(store, kOriginal)); },
     .prepare = queue_all,
     .always = [](Store& store) { EXPECT_TRUE(sends(store, kOriginal)); }},
    {.name = "replace what is queued",
     .options = StoreOptions{.overwrite = Overwrite::always},
     .act = [](Store& store, const Added&) { return add_bytes(store, kChanged).ok(); },
     .expect = [](Store& store, const Added&) { EXPECT_TRUE(holds(store, kChanged)); },
     .prepare = queue_all,
     .always = [](Store& store) { EXPECT_TRUE(sends(store, kOriginal)); }},
    {.name = "send bytes",
     .options = {},
     .act =
         [](Store& store, const Added&) {
           const auto claimed = store.outbox().claim("P", 10, now(), kLease);
           return claimed && !claimed->empty() && store.outbox().done(*claimed, now()).ok();
         },
     .expect =
         [](Store& store, const Added&) {
           EXPECT_FALSE(sends(store, kFresh));
           EXPECT_EQ(store.outbox().status("P")->sent, 1);
         },
     .prepare = [](Store& store) { EXPECT_OK(queue_bytes(store, kFresh)); }},
    {.name = "attach another",
     .options = {},
     .act = [](Store& store, const Added&) { return attach(store, "after").ok(); },
     .expect = [](Store& store, const Added&) { EXPECT_EQ(attached(store), "after"); },
     .prepare = [](Store& store) { EXPECT_OK(attach(store, "before")); },
     .always =
         [](Store& store) {
           const auto text = attached(store);
           EXPECT_TRUE(text == "before" || text == "after") << text;
           EXPECT_EQ(files_in(store.root() / "attachments"), 1);
         }},
    {.name = "remove what has an attachment",
     .options = {},
     .act = [](Store& store, const Added& stored) { return store.remove(stored.instance).ok(); },
     .expect =
         [](Store& store, const Added&) {
           EXPECT_FALSE(holds(store, kOriginal));
           EXPECT_EQ(files_in(store.root() / "attachments"), 0);
         },
     .prepare = [](Store& store) { EXPECT_OK(attach(store, "note")); },
     .always =
         [](Store& store) {
           EXPECT_EQ(files_in(store.root() / "attachments"), holds(store, kOriginal) ? 1 : 0);
         }},
};

// Fails or dies at operation number `n`; counts them.
void fault_at(int n, bool die, int* seen) {
  set_fault([=](Op) {
    if (++*seen != n) return 0;
    if (die) ::_exit(kDied);
    return EIO;
  });
}

// Each file of the outbox is of an entry.
void expect_no_strays(const std::filesystem::path& root) {
  const auto store = TempStore::require(Store::open(root, {.read_only = true}));
  int own = 0;
  for (const auto& destination : TempStore::require(store->outbox().destinations())) {
    for (const SendState state : {SendState::queued, SendState::sending, SendState::failed}) {
      for (const auto& entry :
           TempStore::require(store->outbox().list(destination.name, state, OutboxId{0}, 100)))
        own += !entry.instance;
    }
  }
  EXPECT_EQ(files_in(root / "outbox"), own);
}

void expect_whole(const std::filesystem::path& root, int rejected_max = 0) {
  const auto report = TempStore::require(check(root));
  for (const auto& problem : report.problems) {
    ADD_FAILURE() << "row " << problem.row << ": " << problem.what;
  }
  for (const auto& e : std::filesystem::recursive_directory_iterator(root / "spool")) {
    EXPECT_FALSE(e.is_regular_file()) << e.path();
  }
  EXPECT_LE(files_in(root / "rejected"), rejected_max);
  expect_no_strays(root);
  for (const auto& e : std::filesystem::directory_iterator(root / "rejected")) {
    const auto name = e.path().string();
    const auto reason = name.find(".reason.txt");
    EXPECT_TRUE(reason == name.npos || std::filesystem::exists(name.substr(0, reason))) << name;
  }
}

class CrashTest : public testing::TestWithParam<Scenario> {
 protected:
  void verify(TempStore& store, const Added& stored, bool acknowledged) {
    store.reopen(GetParam().options);
    expect_whole(store.root(), GetParam().rejected_max);
    GetParam().always(*store);
    if (acknowledged) GetParam().expect(*store, stored);
    // Whatever happened, it goes on.
    EXPECT_OK(store.try_add(make_dicom()));
  }
};

TEST_P(CrashTest, TheNthOperationFails) {
  for (int n = 1; n < kOperationsMax; ++n) {
    SCOPED_TRACE("operation " + std::to_string(n));
    TempStore store(GetParam().options);
    const Added stored = store.add(kOriginal);
    GetParam().prepare(*store);
    int seen = 0;
    fault_at(n, false, &seen);

    const bool acknowledged = GetParam().act(*store, stored);

    const int operations = seen;
    set_fault({});
    verify(store, stored, acknowledged);
    if (operations < n) {
      EXPECT_TRUE(acknowledged);
      EXPECT_GT(n, 1) << "the scenario passes through no operations";
      return;
    }
  }
  FAIL() << "more than " << kOperationsMax << " operations";
}

// In a child, which answers 1 if acknowledged, 0 if not, kDied if it died.
int run_child(const std::function<int()>& work) {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(work());
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

TEST_P(CrashTest, TheProcessDiesAtTheNthOperation) {
  for (int n = 1; n < kOperationsMax; ++n) {
    SCOPED_TRACE("operation " + std::to_string(n));
    TempStore store(GetParam().options);
    const Added stored = store.add(kOriginal);
    GetParam().prepare(*store);
    store.close();

    const int outcome = run_child([&]() -> int {
      auto own = Store::open(store.root(), GetParam().options);
      if (!own) return -1;
      int seen = 0;
      fault_at(n, true, &seen);
      const bool acknowledged = GetParam().act(**own, stored);
      set_fault({});
      ::_exit(acknowledged ? 1 : 0);  // without closing: that is a crash, too
    });

    ASSERT_TRUE(outcome == kDied || outcome == 1) << outcome;
    verify(store, stored, outcome == 1);
    if (outcome != kDied) return;
  }
  FAIL() << "more than " << kOperationsMax << " operations";
}

// A crash leaves work for recovery; then recovery dies as well, at each of its operations.
TEST_P(CrashTest, RecoveryDiesAtTheNthOperation) {
  for (int n = 1; n < kOperationsMax; ++n) {
    SCOPED_TRACE("operation " + std::to_string(n));
    TempStore store(GetParam().options);
    const Added stored = store.add(kOriginal);
    GetParam().prepare(*store);
    store.close();
    const int first = run_child([&]() -> int {
      auto own = Store::open(store.root(), GetParam().options);
      if (!own) return -1;
      set_fault([](Op op) {
        if (op == Op::commit || op == Op::unlink) ::_exit(kDied);
        return 0;
      });
      ::_exit(GetParam().act(**own, stored) ? 1 : 0);
    });
    ASSERT_TRUE(first == kDied || first == 1) << first;

    const int second = run_child([&]() -> int {
      int seen = 0;
      fault_at(n, true, &seen);
      const auto own = Store::open(store.root(), GetParam().options);
      set_fault({});
      ::_exit(own ? 1 : 0);
    });

    ASSERT_TRUE(second == kDied || second == 1) << second;
    verify(store, stored, first == 1);
    if (second != kDied) return;
  }
  FAIL() << "more than " << kOperationsMax << " operations";
}

INSTANTIATE_TEST_SUITE_P(Every, CrashTest, testing::ValuesIn(kScenarios), [](const auto& scenario) {
  std::string name = scenario.param.name;
  std::replace(name.begin(), name.end(), ' ', '_');
  return name;
});

// What works on a store that nobody has open: whether it says that it succeeded.
using Work = std::function<bool(const std::filesystem::path& root)>;

// For every N: the Nth operation of `work` on a store that `prepare` made fails, or the process
// dies at it. Afterwards the store is whole and holds all it held.
void fail_each_operation(const std::function<void(TempStore&)>& prepare, const Work& work) {
  for (const bool die : {false, true}) {
    for (int n = 1;; ++n) {
      ASSERT_LT(n, kOperationsMax);
      SCOPED_TRACE((die ? "dies at operation " : "operation ") + std::to_string(n));
      TempStore store;
      store.add(kOriginal);
      store.add(kFresh);
      prepare(store);
      store.close();

      const int outcome = run_child([&]() -> int {
        int seen = 0;
        fault_at(n, die, &seen);
        const bool good = work(store.root());
        set_fault({});
        return seen < n ? (good ? 1 : 2) : 0;
      });

      ASSERT_NE(outcome, 2) << "it fails without a fault";
      store.reopen();
      EXPECT_TRUE(holds(*store, kOriginal));
      EXPECT_TRUE(holds(*store, kFresh));
      expect_whole(store.root());
      if (outcome == 1) break;
    }
  }
}

TEST(CrashOfTheIdle, ARebuildHarmsNothing) {
  fail_each_operation([](TempStore&) {},
                      [](const auto& root) {
                        const auto report = rebuild(root);
                        return report.ok() && report->clean();
                      });
}

// As after an update that sees sizes differently.
TEST(CrashOfTheIdle, ARenewalIsRepeated) {
  const auto outdate = [](TempStore& store) {
    store.close();
    const auto index = TempStore::require(detail::Index::open(
        store.root() / "index.db", detail::Index::Mode::read_write, Durability::full));
    auto batch = TempStore::require(index->begin());
    ASSERT_OK(batch.set_meta("sizes_version", "0.0"));
    ASSERT_OK(batch.set_sizes(RowId{1},
                              {.json = 1, .rows = 1, .columns = 1, .channels = 1, .frames = 1}));
    ASSERT_OK(batch.commit());
  };
  fail_each_operation(outdate, [](const auto& root) {
    const auto store = Store::open(root);
    if (!store) return false;
    const auto entry = (*store)->entry({Level::instance, RowId{1}});
    return entry.ok() && entry->json_size > 1;
  });
}

}  // namespace
}  // namespace dcmfs
