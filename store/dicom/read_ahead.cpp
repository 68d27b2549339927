#include "store/dicom/read_ahead.h"

#include <cstring>

namespace dcmfs {
namespace {

constexpr std::size_t kBufferBytes = 64 << 10;
// Reaches to the pixel data of most files, so that one read is all.
constexpr std::size_t kFirstReadBytes = 32 << 10;
// Behind a long value there is often only the header of the next one: the reads
// begin small again and grow as long as all of it is wanted.
constexpr std::size_t kReadBytesMin = 512;

}  // namespace

ReadAhead::ReadAhead(ByteSource& source, std::int64_t position)
    : source_(source),
      buffer_(std::make_unique_for_overwrite<char[]>(kBufferBytes)),
      begin_(position),
      next_read_(kFirstReadBytes) {}

std::string ReadAhead::take(std::size_t count) {
  const std::string_view buffered(buffer_.get() + at_, std::min(count, filled_ - at_));
  std::string bytes(buffered);
  at_ += buffered.size();
  if (bytes.size() == count) return bytes;

  bytes.resize(count);
  const std::size_t got = read(position(), bytes.data() + buffered.size(), count - buffered.size());
  bytes.resize(buffered.size() + got);
  begin_ = position() + static_cast<std::int64_t>(got);
  at_ = filled_ = 0;
  return bytes;
}

bool ReadAhead::reaches(std::int64_t count) {
  if (count <= static_cast<std::int64_t>(filled_ - at_)) return true;
  if (failure_) return false;
  const std::int64_t last = position() + count - 1;
  if (source_.size() != ByteSource::kUnknown) return last < source_.size();
  char byte;
  return read(last, &byte, 1) == 1;
}

void ReadAhead::skip(std::int64_t count) {
  if (count <= static_cast<std::int64_t>(filled_ - at_)) {
    at_ += static_cast<std::size_t>(count);
    return;
  }
  begin_ = position() + count;
  at_ = filled_ = 0;
  next_read_ = kReadBytesMin;
}

void ReadAhead::fill(std::size_t count) {
  const std::size_t kept = filled_ - at_;
  std::memmove(buffer_.get(), buffer_.get() + at_, kept);
  begin_ += static_cast<std::int64_t>(at_);
  at_ = 0;
  filled_ = kept;
  const std::size_t wanted = std::max(next_read_, count);
  filled_ += read(begin_ + static_cast<std::int64_t>(kept), buffer_.get() + kept,
                  std::min(wanted, kBufferBytes - kept));
  next_read_ = std::min(2 * next_read_, kBufferBytes);
}

std::size_t ReadAhead::read(std::int64_t offset, char* into, std::size_t count) {
  if (failure_) return 0;
  // A source of known size need not be asked to say that it has ended.
  if (source_.size() != ByteSource::kUnknown) {
    const std::int64_t rest = std::max<std::int64_t>(source_.size() - offset, 0);
    count =
        static_cast<std::size_t>(std::min<std::int64_t>(rest, static_cast<std::int64_t>(count)));
    if (count == 0) return 0;
  }
  auto got = source_.read(offset, std::as_writable_bytes(std::span(into, count)));
  if (!got) {
    failure_ = std::move(got).error();
    return 0;
  }
  return *got;
}

}  // namespace dcmfs
