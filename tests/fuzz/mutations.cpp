#include "tests/fuzz/mutations.h"

#include <algorithm>
#include <atomic>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <random>
#include <thread>

#include <unistd.h>

#include "tests/fuzz/corpus.h"
#include "tests/fuzz/cost.h"

namespace dcmfs::fuzz {
namespace {

// Larger files do not make other mistakes, only slower ones.
constexpr std::size_t kFileBytesMax = 24 << 10;
constexpr std::size_t kSanitizedShare = 12;  // how much slower, about

std::uint64_t number_in(const char* variable, std::uint64_t otherwise) {
  const char* given = std::getenv(variable);
  return given ? std::strtoull(given, nullptr, 10) : otherwise;
}

// -- says which input crashed

thread_local std::size_t current = 0;
std::atomic<std::uint64_t> current_seed = 0;

void say_and_die(int number) {
  char text[160];
  const int size =
      std::snprintf(text, sizeof text, "\nsignal %d in mutation %zu of seed %llu\n", number,
                    current, static_cast<unsigned long long>(current_seed.load()));
  (void)!::write(STDERR_FILENO, text, static_cast<std::size_t>(size));
  std::signal(number, SIG_DFL);
  std::raise(number);
}

}  // namespace

std::uint64_t chosen_seed() {
  return number_in("DCMFS_FUZZ_SEED", std::random_device()());
}

std::size_t chosen_count(std::size_t usual) {
  return number_in("DCMFS_FUZZ_COUNT", is_sanitized() ? usual / kSanitizedShare : usual);
}

Mutations::Mutations(std::uint64_t seed) : seed_(seed) {
  for (const auto& bytes : good_files(kFileBytesMax)) files_.push_back(take_apart(bytes));
}

std::string Mutations::operator[](std::size_t n) const {
  Mutator mutator(seed_ * 1'000'000'007 + n);
  return mutator(files_[n % files_.size()], mutator.one_of(files_));
}

Campaign run_campaign(const Mutations& mutations, std::size_t count, const Each& each) {
  current_seed = mutations.seed();
  for (const int number : {SIGABRT, SIGBUS, SIGFPE, SIGILL}) std::signal(number, say_and_die);
  if (!is_sanitized()) std::signal(SIGSEGV, say_and_die);  // a sanitizer says more
  Campaign out;
  std::mutex mutex;
  std::atomic<std::size_t> next = 0;
  forget_peak_memory();
  const std::int64_t before = peak_memory();
  const auto work = [&] {
    for (std::size_t n; (n = next++) < count;) {
      current = n;
      const std::string bytes = mutations[n];
      const double begin = thread_seconds();
      each(n, bytes);
      const double spent = thread_seconds() - begin;
      const std::scoped_lock lock(mutex);
      if (spent > out.seconds_max) out.seconds_max = spent, out.slowest = n;
    }
  };
  {
    std::vector<std::jthread> threads;
    for (unsigned i = 0; i < std::max(1u, std::thread::hardware_concurrency()); ++i)
      threads.emplace_back(work);
  }
  out.memory_growth = peak_memory() - before;
  return out;
}

}  // namespace dcmfs::fuzz
