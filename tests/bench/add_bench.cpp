// How many instances of 10 KB a second Store::add takes from 1, 8 and 64
// threads, beside what the disk gives: the same bytes written to files of their
// own, each with fsync. Give it an empty folder on the disk in question, and seconds.
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <thread>

#include <fcntl.h>
#include <unistd.h>

#include "store/detail/file_ops.h"
#include "store/detail/ingest.h"
#include "store/store.h"
#include "tests/support/make_dicom.h"
#include "tests/support/temp_store.h"

namespace dcmfs {
namespace {

using Clock = std::chrono::steady_clock;

std::string file_bytes(int thread, int n) {
  const auto of_thread = std::to_string(thread + 1);
  return make_dicom()
      .patient(of_thread, "DOE^JANE")
      .study("1.1." + of_thread)
      .series("1.2." + of_thread + "." + std::to_string(n / 200 + 1))
      .set(tags::InstanceNumber, std::to_string(n))
      .pixels(70, 70, 16)
      .bytes();
}

// Per second, counting the work alone: the bytes are made beforehand.
double rate(int threads, double seconds,
            const std::function<void(int, int, const std::string&)>& work) {
  constexpr int kReady = 400;
  std::vector<std::vector<std::string>> bytes(static_cast<std::size_t>(threads));
  for (int t = 0; t < threads; ++t) {
    for (int n = 0; n < kReady; ++n) bytes[static_cast<std::size_t>(t)].push_back(file_bytes(t, n));
  }
  std::atomic<int> count{0};
  const auto start = Clock::now();
  const auto elapsed = [&] { return std::chrono::duration<double>(Clock::now() - start).count(); };
  {
    std::vector<std::jthread> workers;
    for (int t = 0; t < threads; ++t) {
      workers.emplace_back([&, t] {
        for (int n = 0; n < kReady && elapsed() < seconds; ++n, ++count) {
          work(t, n, bytes[static_cast<std::size_t>(t)][static_cast<std::size_t>(n)]);
        }
      });
    }
  }
  return count / elapsed();
}

void write_and_sync(const std::filesystem::path& path, const std::string& bytes) {
  const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL, 0600);
  if (::write(fd, bytes.data(), bytes.size()) < 0 || ::fsync(fd) != 0) std::abort();
  ::close(fd);
}

double rate_of_store(const std::filesystem::path& root, Durability durability, int threads,
                     double seconds, std::atomic<int>& commits) {
  const auto store = TempStore::require(Store::open(root, StoreOptions{.durability = durability}));
  detail::file_ops::set_fault([&](detail::file_ops::Op op) {
    commits += op == detail::file_ops::Op::commit;
    return 0;
  });
  const double result = rate(threads, seconds, [&](int, int, const std::string& bytes) {
    TempStore::require(add_bytes(*store, bytes));
  });
  detail::file_ops::set_fault({});
  return result;
}

int run(const std::filesystem::path& folder, double seconds) {
  for (const int threads : {1, 8, 64}) {
    // Nothing is removed in between: ext4 is slow to give out inodes after many were freed.
    const auto own = folder / std::to_string(threads);
    const auto plain = own / "plain";
    std::filesystem::create_directories(plain);
    const double disk = rate(threads, seconds, [&](int t, int n, const std::string& bytes) {
      write_and_sync(plain / (std::to_string(t) + "-" + std::to_string(n)), bytes);
    });
    std::atomic<int> commits{0}, ignored{0};
    const double full = rate_of_store(own / "full", Durability::full, threads, seconds, commits);
    const double relaxed =
        rate_of_store(own / "relaxed", Durability::relaxed, threads, seconds, ignored);
    std::printf("%2d threads: write+fsync %.0f/s, add %.0f/s (%d commits), relaxed %.0f/s\n",
                threads, disk, full, commits.load(), relaxed);
    std::fflush(stdout);
  }
  const auto path = folder / "one.dcm";
  std::ofstream(path, std::ios::binary) << file_bytes(0, 0);
  const int fd = ::open(path.c_str(), O_RDONLY);
  const double parsed = rate(1, 1, [&](int, int, const std::string&) {
    TempStore::require(detail::read_instance(
        fd, [fd] { return detail::digest(fd); }, now()));
  });
  std::printf("parsing alone: %.0f/s\n", parsed);
  return 0;
}

}  // namespace
}  // namespace dcmfs

int main(int count, char** arguments) {
  if (count != 3) return std::fprintf(stderr, "usage: add_bench FOLDER SECONDS\n"), 1;
  return dcmfs::run(arguments[1], std::atof(arguments[2]));
}
