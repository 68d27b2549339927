#include "store/dicom/byte_source.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include <unistd.h>
#include <zlib.h>

namespace dcmfs {
namespace {

class FileSource final : public ByteSource {
 public:
  FileSource(int fd, std::int64_t size) : fd_(fd), size_(size) {}

  Result<std::size_t> read(std::int64_t offset, std::span<std::byte> into) override {
    std::size_t done = 0;
    while (done < into.size()) {
      const ssize_t got = ::pread(fd_, into.data() + done, into.size() - done,
                                  offset + static_cast<std::int64_t>(done));
      if (got == 0) break;
      if (got > 0) {
        done += static_cast<std::size_t>(got);
      } else if (errno != EINTR) {
        return Error{Errc::io, std::string("cannot read the file: ") + std::strerror(errno)};
      }
    }
    return done;
  }
  std::int64_t size() const override { return size_; }

 private:
  int fd_;
  std::int64_t size_;
};

class MemorySource final : public ByteSource {
 public:
  explicit MemorySource(std::string_view bytes) : bytes_(bytes) {}

  Result<std::size_t> read(std::int64_t offset, std::span<std::byte> into) override {
    if (offset >= size()) return 0;
    const std::string_view rest = bytes_.substr(static_cast<std::size_t>(offset), into.size());
    std::memcpy(into.data(), rest.data(), rest.size());
    return rest.size();
  }
  std::int64_t size() const override { return static_cast<std::int64_t>(bytes_.size()); }

 private:
  std::string_view bytes_;
};

class InflatedSource final : public ByteSource {
 public:
  InflatedSource(ByteSource& compressed, std::int64_t offset, std::int64_t inflated_max)
      : compressed_(compressed), start_(offset), inflated_max_(inflated_max) {}
  InflatedSource(const InflatedSource&) = delete;
  InflatedSource& operator=(const InflatedSource&) = delete;
  ~InflatedSource() override { inflateEnd(&stream_); }

  Result<std::size_t> read(std::int64_t offset, std::span<std::byte> into) override {
    if (state_ == State::fresh || offset < chunk_begin_) DCMFS_CHECK(restart());
    std::size_t done = 0;
    while (done < into.size()) {
      const std::int64_t wanted = offset + static_cast<std::int64_t>(done);
      if (wanted < chunk_end()) {
        const auto skipped = static_cast<std::size_t>(wanted - chunk_begin_);
        const std::size_t size = std::min(chunk_size_ - skipped, into.size() - done);
        std::memcpy(into.data() + done, chunk_.data() + skipped, size);
        done += size;
      } else if (state_ == State::finished || state_ == State::broken) {
        break;
      } else {
        DCMFS_CHECK(inflate_chunk());
      }
    }
    // What came before the broken place is good; only asking for more is an error.
    if (done == 0 && state_ == State::broken && !into.empty()) {
      return Error{Errc::corrupt, "the deflated data set is damaged or ends early"};
    }
    return done;
  }
  std::int64_t size() const override { return size_; }

 private:
  enum class State { fresh, running, finished, broken };
  static constexpr std::size_t kChunkBytes = 64 << 10;
  // Of inflated bytes for each deflated one, once the grace is used up. Deflate cannot do better
  // than 1032; data sets that are not made for it stay below 20, masks below 250.
  static constexpr std::int64_t kRatioMax = 250;
  static constexpr std::int64_t kRatioGrace = std::int64_t{256} << 20;

  bool is_over_limit() const {
    const std::int64_t used = next_input_ - start_ - stream_.avail_in;
    return chunk_end() > inflated_max_ ||
           (chunk_end() > kRatioGrace && chunk_end() / kRatioMax > used);
  }

  std::int64_t chunk_end() const { return chunk_begin_ + static_cast<std::int64_t>(chunk_size_); }

  Result<> restart() {
    inflateEnd(&stream_);
    stream_ = {};
    next_input_ = start_;
    chunk_begin_ = 0;
    chunk_size_ = 0;
    DCMFS_CHECK(read_input());
    // PS3.5 A.5 asks for a raw stream. Some writers add the zlib header, which
    // no raw stream begins with: 78H would be a stored block with stray bits.
    const bool zlib_header =
        stream_.avail_in >= 2 && input_[0] == 0x78 && (input_[0] << 8 | input_[1]) % 31 == 0;
    if (inflateInit2(&stream_, zlib_header ? MAX_WBITS : -MAX_WBITS) != Z_OK) {
      return Error{Errc::io, "no memory to inflate the data set"};
    }
    state_ = State::running;
    return {};
  }

  Result<> read_input() {
    DCMFS_TRY(const std::size_t got,
              compressed_.read(next_input_, std::as_writable_bytes(std::span(input_))));
    next_input_ += static_cast<std::int64_t>(got);
    stream_.next_in = input_.data();
    stream_.avail_in = static_cast<uInt>(got);
    return {};
  }

  // Makes the next chunk, which may be empty when the end is near.
  Result<> inflate_chunk() {
    if (is_over_limit()) {
      return Error{Errc::too_large, "the inflated data set is over the limit"};
    }
    chunk_begin_ = chunk_end();
    chunk_size_ = 0;
    stream_.next_out = chunk_.data();
    stream_.avail_out = static_cast<uInt>(chunk_.size());
    while (stream_.avail_out > 0 && state_ == State::running) {
      if (stream_.avail_in == 0) DCMFS_CHECK(read_input());
      const int status = inflate(&stream_, Z_NO_FLUSH);
      if (status == Z_STREAM_END) {
        state_ = State::finished;
      } else if (status != Z_OK) {  // damaged, or Z_BUF_ERROR: no input is left
        state_ = State::broken;
      }
    }
    chunk_size_ = chunk_.size() - stream_.avail_out;
    if (state_ != State::running) size_ = chunk_end();
    return {};
  }

  ByteSource& compressed_;
  const std::int64_t start_;
  const std::int64_t inflated_max_;
  State state_ = State::fresh;
  z_stream stream_{};
  std::int64_t next_input_ = 0;
  std::int64_t chunk_begin_ = 0;  // of the inflated data
  std::size_t chunk_size_ = 0;
  std::int64_t size_ = kUnknown;
  std::array<Bytef, kChunkBytes> input_;
  std::array<Bytef, kChunkBytes> chunk_;
};

}  // namespace

std::unique_ptr<ByteSource> file_source(int fd, std::int64_t size) {
  return std::make_unique<FileSource>(fd, size);
}

std::unique_ptr<ByteSource> memory_source(std::string_view bytes) {
  return std::make_unique<MemorySource>(bytes);
}

std::unique_ptr<ByteSource> inflated_source(ByteSource& compressed, std::int64_t offset,
                                            std::int64_t inflated_max) {
  return std::make_unique<InflatedSource>(compressed, offset, inflated_max);
}

}  // namespace dcmfs
