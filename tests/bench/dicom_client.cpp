// dicom_client: the other side of tests/bench/dicom, made not to be what takes the time. It sends
// files as they lie on the disk and drops what it receives, with TCP_NODELAY. Prints seconds.
//
//   store AET PORT ASSOCIATIONS FOLDER   C-STORE of all files below FOLDER
//   write INTO THREADS FOLDER            the same files written to the disk, with fsync each
//   get AET PORT STUDY COUNT             C-GET of a study of COUNT instances
//   move AET PORT STUDY COUNT OWN_PORT   C-MOVE to BENCH, which is this program
//   sink PORT                            takes in whatever comes, until it is killed
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <list>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net/association.h"
#include "net/contexts.h"
#include "net/retrieve_service.h"
#include "store/dicom/byte_source.h"
#include "store/dicom/reader.h"
#include "store/dicom/transfer_syntax.h"
#include "tests/net/ends.h"
#include "tests/support/temp_store.h"

namespace dcmfs::net {
namespace {

constexpr const char* kOwnAet = "BENCH";
constexpr int kStudyRoot = 1;                      // of kMoveSopClasses and kGetSopClasses
constexpr std::chrono::milliseconds kIdle{1'000};  // Orthanc keeps the association of a C-MOVE

[[noreturn]] void fail(const std::string& why) {
  std::fprintf(stderr, "dicom_client: %s\n", why.c_str());
  std::exit(1);
}

double seconds_of(const std::function<void()>& work) {
  const auto start = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

class File {
 public:
  explicit File(const std::filesystem::path& path) : fd_(::open(path.c_str(), O_RDONLY)) {
    if (fd_ < 0) fail("cannot open " + path.string());
  }
  File(const File&) = delete;
  ~File() { ::close(fd_); }
  int fd() const { return fd_; }

 private:
  int fd_;
};

struct Instance {
  std::filesystem::path path;
  std::int64_t offset = 0, size = 0;  // of the data set, of the file
  StorageSyntax syntax;
  std::string uid;
};

std::vector<Instance> instances_in(const std::filesystem::path& folder) {
  std::vector<Instance> all;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    if (!entry.is_regular_file()) continue;
    const File file(entry.path());
    const auto size = static_cast<std::int64_t>(entry.file_size());
    const auto read = TempStore::require(read_dicom(*file_source(file.fd(), size)));
    all.push_back({.path = entry.path(),
                   .offset = read.dataset_offset,
                   .size = size,
                   .syntax = {read.dataset.text_or(tags::SOPClassUID, ""), read.syntax_uid},
                   .uid = read.dataset.text_or(tags::SOPInstanceUID, "")});
  }
  if (all.empty()) fail("no files");
  std::ranges::sort(all, {}, &Instance::path);
  return all;
}

Association connect(const std::string& aet, int port,
                    const std::vector<ProposedContext>& contexts) {
  return TempStore::require(Association::request(
      {.aet = aet, .host = "127.0.0.1", .port = port, .calling_aet = kOwnAet}, contexts));
}

// Each thread takes the next instance that nobody has.
double in_threads(int threads, const std::vector<Instance>& instances,
                  const std::function<void(std::function<const Instance*()>)>& work) {
  std::atomic<std::size_t> taken = 0;
  const auto next = [&]() -> const Instance* {
    const std::size_t mine = taken++;
    return mine < instances.size() ? &instances[mine] : nullptr;
  };
  return seconds_of([&] {
    std::vector<std::jthread> workers;
    for (int i = 0; i < threads; ++i) workers.emplace_back([&] { work(next); });
  });
}

double store(const std::string& aet, int port, int associations,
             const std::filesystem::path& folder) {
  const auto instances = instances_in(folder);
  std::set<StorageSyntax> syntaxes;
  for (const Instance& instance : instances) syntaxes.insert(instance.syntax);
  return in_threads(associations, instances, [&](auto next) {
    auto association = connect(aet, port, contexts_for(syntaxes));
    while (const Instance* instance = next()) {
      const auto& [sop_class, syntax, is_only] = instance->syntax;
      const AcceptedContext* context = association.context_for(sop_class, Role::scu, syntax);
      if (context == nullptr) fail("no presentation context");
      auto request =
          make_request(CommandField::c_store_rq, association.next_message_id(), sop_class);
      request.set_number(tags::Priority, 0);  // medium
      request.set_text(tags::AffectedSOPInstanceUID, instance->uid);
      const File file(instance->path);
      const auto sent = association.send(
          context->id, request, {file.fd(), instance->offset, instance->size - instance->offset});
      if (!sent) fail(sent.error().message);
      const auto answer = TempStore::require(association.receive());
      if (answer.status() != statuses::kSuccess)
        fail("not stored: " + hexadecimal(answer.status()));
    }
    static_cast<void>(association.release());
  });
}

double write(const std::filesystem::path& into, int threads, const std::filesystem::path& folder) {
  const auto instances = instances_in(folder);
  std::filesystem::create_directories(into);
  return in_threads(threads, instances, [&](auto next) {
    std::vector<char> bytes;
    while (const Instance* instance = next()) {
      bytes.resize(static_cast<std::size_t>(instance->size));
      const File file(instance->path);
      const int fd =
          ::open((into / instance->uid).c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
      if (::read(file.fd(), bytes.data(), bytes.size()) != instance->size ||
          ::write(fd, bytes.data(), bytes.size()) != instance->size || ::fsync(fd) != 0) {
        fail("cannot write");
      }
      ::close(fd);
    }
  });
}

// Takes in one message; what is no C-STORE request comes back.
std::optional<Message> receive(Association& association, std::atomic<std::size_t>& received) {
  auto message = association.receive();
  if (!message) return std::nullopt;
  if (message->field() != CommandField::c_store_rq) return *std::move(message);
  const auto dropped = association.receive_dataset([](auto) { return Result<>(); });
  if (dropped) ++received;
  static_cast<void>(
      association.send(message->context, make_response(*message, statuses::kSuccess)));
  return *std::move(message);
}

class Sink {
 public:
  explicit Sink(int port) : listening_(TempStore::require(listen_on("127.0.0.1", port))) {
    accepting_ = std::jthread([this](std::stop_token stop) { run(stop); });
  }

  std::atomic<std::size_t> received = 0;

 private:
  void run(std::stop_token stop) {
    std::list<std::jthread> serving;
    while (!stop.stop_requested()) {
      pollfd polled{listening_.fd(), POLLIN, 0};
      if (::poll(&polled, 1, 20) <= 0) continue;
      Socket client(::accept(listening_.fd(), nullptr, nullptr));
      serving.emplace_back([this, socket = std::move(client)]() mutable {
        auto association = Association::accept(std::move(socket), {.idle = kIdle}, accept_all);
        while (association && receive(*association, received)) {
        }
      });
    }
  }

  Socket listening_;
  std::jthread accepting_;
};

struct Study {
  std::string uid;
  std::size_t count = 0;
};

Association connect_to_retrieve(const std::string& aet, int port, std::string_view model) {
  const std::vector<std::string> syntaxes{std::string(uids::ExplicitVRLittleEndian)};
  return connect(
      aet, port,
      {{.abstract_syntax = std::string(model), .transfer_syntaxes = syntaxes},
       {.abstract_syntax = std::string(kCt), .transfer_syntaxes = syntaxes, .roles = kScp}});
}

// Until the last answer to the request.
void retrieve(Association& association, CommandField field, std::string_view model,
              const Study& study, std::atomic<std::size_t>& received) {
  auto request = make_request(field, association.next_message_id(), model);
  request.set_number(tags::Priority, 0);
  if (field == CommandField::c_move_rq) request.set_text(tags::MoveDestination, kOwnAet);
  Dataset identifier;
  identifier.set_text(tags::QueryRetrieveLevel, "STUDY");
  identifier.set_text(tags::StudyInstanceUID, study.uid);
  if (const auto sent = association.send(1, request, identifier); !sent) fail(sent.error().message);
  for (;;) {
    const auto message = receive(association, received);
    if (!message) fail("the association ended");
    if (message->field() != response(field)) continue;
    if (class_of(message->status()) == StatusClass::pending) continue;
    if (message->status() != statuses::kSuccess)
      fail("retrieved: " + hexadecimal(message->status()));
    if (received != study.count) fail("received " + std::to_string(received));
    return;
  }
}

double get(const std::string& aet, int port, const Study& study) {
  std::atomic<std::size_t> received = 0;
  const auto model = kGetSopClasses[kStudyRoot];
  auto association = connect_to_retrieve(aet, port, model);
  return seconds_of([&] { retrieve(association, CommandField::c_get_rq, model, study, received); });
}

double move(const std::string& aet, int port, const Study& study, int own_port) {
  Sink sink(own_port);
  const auto model = kMoveSopClasses[kStudyRoot];
  auto association = connect_to_retrieve(aet, port, model);
  return seconds_of(
      [&] { retrieve(association, CommandField::c_move_rq, model, study, sink.received); });
}

int run(const std::vector<std::string>& words) {
  const auto number = [&](std::size_t i) { return std::atoi(words[i].c_str()); };
  const auto study = [&] { return Study{words[3], static_cast<std::size_t>(number(4))}; };
  const auto is = [&](const char* verb, std::size_t count) {
    return words.size() == count && words[0] == verb;
  };
  double seconds = 0;
  if (is("store", 5)) {
    seconds = store(words[1], number(2), number(3), words[4]);
  } else if (is("write", 4)) {
    seconds = write(words[1], number(2), words[3]);
  } else if (is("get", 5)) {
    seconds = get(words[1], number(2), study());
  } else if (is("move", 6)) {
    seconds = move(words[1], number(2), study(), number(5));
  } else if (is("sink", 2)) {
    const Sink sink(number(1));
    ::pause();
  } else {
    fail("usage: the beginning of dicom_client.cpp tells");
  }
  std::printf("%.6f\n", seconds);
  return 0;
}

}  // namespace
}  // namespace dcmfs::net

int main(int argc, char** argv) {
  return dcmfs::net::run({argv + 1, argv + argc});
}
