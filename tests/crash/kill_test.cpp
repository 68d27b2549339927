// Processes with four busy writers each are killed; what they had been told is stored
// must be there.
#include <csignal>
#include <cstdio>
#include <list>
#include <random>
#include <stdexcept>
#include <thread>

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "store/check.h"
#include "tests/support/temp_store.h"

namespace dcmfs {
namespace {

constexpr int kWriters = 4;
constexpr int kRounds = 5;

// Adds for ever, and writes the public id of each after it was acknowledged.
[[noreturn]] void write_for_ever(const std::filesystem::path& root, int number, int out) {
  const auto store = Store::open(root);
  if (!store) {
    std::fprintf(stderr, "open: %s\n", store.error().message.c_str());
    ::_exit(1);
  }
  std::vector<std::jthread> writers;
  for (int i = 0; i < kWriters; ++i) {
    writers.emplace_back([&, i] {
      const auto prefix = "1." + std::to_string(number) + "." + std::to_string(i + 1) + ".";
      for (int n = 1;; ++n) {
        auto dicom = make_dicom().instance(prefix + std::to_string(n)).pixels(16, 16, 16);
        const auto added = add_bytes(**store, dicom.bytes());
        if (!added) {
          std::fprintf(stderr, "add: %s\n", added.error().message.c_str());
          ::_exit(1);
        }
        const std::string line = added->id.str() + "\n";  // one write: lines do not mix
        if (::write(out, line.data(), line.size()) < 0) ::_exit(1);
      }
    });
  }
  for (auto& writer : writers) writer.join();
  ::_exit(1);
}

std::string read_to_the_end(int fd) {
  std::string text;
  char buffer[65536];
  for (ssize_t n = 0; (n = ::read(fd, buffer, sizeof buffer)) > 0;) {
    text.append(buffer, static_cast<std::size_t>(n));
  }
  return text;
}

// One that writes, from its beginning to its end.
class Writing {
 public:
  Writing(const std::filesystem::path& root, int number) {
    if (::pipe(ends_) != 0) throw std::runtime_error("no pipe");
    child_ = ::fork();
    if (child_ == 0) {
      ::close(ends_[0]);
      write_for_ever(root, number, ends_[1]);
    }
    ::close(ends_[1]);
    reader_ = std::jthread([this] { text_ = read_to_the_end(ends_[0]); });
  }
  void kill() const { ::kill(child_, SIGKILL); }
  // What it was told, line by line.
  std::string acknowledged() {
    int status = 0;
    ::waitpid(child_, &status, 0);
    reader_.join();
    ::close(ends_[0]);
    EXPECT_TRUE(WIFSIGNALED(status)) << "the writers failed";
    return text_;
  }

 private:
  int ends_[2];
  pid_t child_;
  std::string text_;
  std::jthread reader_;
};

class Kill : public testing::TestWithParam<int> {};  // so many processes at once

TEST_P(Kill, NothingThatWasAcknowledgedIsMissing) {
  TempFolder folder;
  const auto root = folder / "store";
  std::random_device entropy;
  const auto seed = entropy();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  std::vector<std::string> acknowledged;

  for (int round = 0; round < kRounds; ++round) {
    std::list<Writing> all;
    for (int process = 0; process < GetParam(); ++process)
      all.emplace_back(root, round * GetParam() + process + 1);
    ::usleep(static_cast<useconds_t>(100'000 + random() % 200'000));
    for (const Writing& one : all) one.kill();
    std::string text;
    for (Writing& one : all) text += one.acknowledged();
    for (std::size_t at = 0; at < text.size(); at = text.find('\n', at) + 1) {
      acknowledged.push_back(text.substr(at, text.find('\n', at) - at));
    }
  }

  const auto store = TempStore::require(Store::open(root));
  EXPECT_GT(acknowledged.size(), std::size_t{kRounds});  // also on a slow machine
  for (const auto& id : acknowledged) {
    const auto key = store->key(Level::instance, *ResourceId::parse(id));
    ASSERT_OK(key);
    EXPECT_OK(store->open_file(key->row));
  }
  const auto report = TempStore::require(check(root));
  for (const auto& problem : report.problems) ADD_FAILURE() << problem.row << problem.what;
}

INSTANTIATE_TEST_SUITE_P(Processes, Kill, testing::Values(1, 2));

}  // namespace
}  // namespace dcmfs
