#include "net/dcmtk_line.h"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <mutex>

#include <dcmtk/dcmnet/diutil.h>
#include <dcmtk/dcmnet/dul.h>
#include <dcmtk/oflog/oflog.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

namespace dcmfs::net {

Line::Line(int fd, std::unique_ptr<ByteStream> stream, Socket under, std::optional<Error>* failure)
    : DcmTransportConnection(fd),
      under_(std::move(under)),
      failure_(failure),
      stream_(std::move(stream)),
      inbox_(*stream_) {}

Line::~Line() {
  if (heir_ != nullptr) {
    *heir_ = {Socket(getSocket()), std::move(stream_), was_answered_};
    setSocket(-1);
  }
  close_once();
}

ssize_t Line::read(void* into, size_t size) {
  const auto filled = inbox_.fill(1, std::chrono::steady_clock::time_point::max());
  if (!filled) {
    if (failure_ != nullptr) *failure_ = filled.error();
    errno = filled.error().code == Errc::timed_out ? EAGAIN : ECONNRESET;
    return filled.error().code == Errc::timed_out ? -1 : 0;
  }
  const Bytes bytes = inbox_.waiting().first(std::min(size, inbox_.waiting().size()));
  std::memcpy(into, bytes.data(), bytes.size());
  inbox_.take(bytes.size());
  return static_cast<ssize_t>(bytes.size());
}

ssize_t Line::write(void* from, size_t size) {
  const auto bytes = Bytes(static_cast<const std::byte*>(from), size);
  was_answered_ = true;
  if (stream_->write(bytes, {}, ByteStream::More::no)) return static_cast<ssize_t>(size);
  errno = ECONNRESET;
  return -1;
}

void Line::wait_for_close(std::chrono::milliseconds time) {
  if (getSocket() >= 0) stream_->end({}, time);
}

OFBool Line::networkDataAvailable(int timeout_s) {
  return !inbox_.waiting().empty() || stream_->is_readable(std::chrono::seconds(timeout_s));
}

void Line::close_once() {
  if (getSocket() < 0 || heir_ != nullptr) return;
  stream_->end({}, {});
  ::shutdown(getSocket(), SHUT_RDWR);
  ::close(getSocket());
  setSocket(-1);
}

DcmTransportConnection* Layer::createConnection(DcmNativeSocketType fd, OFBool) {
  ::fcntl(fd, F_SETFD, FD_CLOEXEC);
  if (accepted) {
    limit_time(fd, timeout);
    return accepted.release();
  }
  if (!stream || ::dup3(connected.fd(), fd, O_CLOEXEC) < 0) return nullptr;
  return new Line(fd, std::move(stream), std::move(connected), &failure);
}

void set_up_process() {
  static std::once_flag done;
  std::call_once(done, [] {
    // DCMTK's messages quote data sets, and patient data does not go to a log.
    OFLog::configure(OFLogger::OFF_LOG_LEVEL);
    dcmDisableGethostbyaddr.set(OFTrue);  // a name server must not hold up an association
    // sendfile() to a peer that is gone would end the process.
    struct sigaction now {};
    if (::sigaction(SIGPIPE, nullptr, &now) == 0 && now.sa_handler == SIG_DFL) {
      ::signal(SIGPIPE, SIG_IGN);
    }
  });
}

Network open_network(T_ASC_NetworkRole role, int timeout_s, Layer& layer) {
  T_ASC_Network* network = nullptr;
  if (ASC_initializeNetwork(role, 0, timeout_s, &network).bad()) return nullptr;
  ASC_setTransportLayer(network, &layer, 0);
  return Network(network);
}

}  // namespace dcmfs::net
