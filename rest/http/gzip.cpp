#include "rest/http/gzip.h"

#include <vector>

#include <zlib.h>

namespace dcmfs::rest {
namespace {

constexpr std::size_t kOutBytes = 256 << 10;
constexpr int kGzipOrZlib = MAX_WBITS + 32;
constexpr int kGzip = MAX_WBITS + 16;
constexpr int kFast = 1;  // JSON shrinks to a tenth even so

}  // namespace

struct Inflater::State {
  z_stream stream{};
  std::vector<unsigned char> out = std::vector<unsigned char>(kOutBytes);
  std::int64_t packed = 0, unpacked = 0;
  bool ended = false;
};

Inflater::Inflater() : state_(std::make_unique<State>()) {
  ::inflateInit2(&state_->stream, kGzipOrZlib);
}

Inflater::~Inflater() {
  ::inflateEnd(&state_->stream);
}

Result<> Inflater::take(std::span<const std::byte> packed, const Take& take) {
  State& s = *state_;
  s.packed += static_cast<std::int64_t>(packed.size());
  // zlib's interface is older than const.
  s.stream.next_in =
      const_cast<unsigned char*>(reinterpret_cast<const unsigned char*>(packed.data()));
  s.stream.avail_in = static_cast<unsigned>(packed.size());
  while (s.stream.avail_in > 0) {
    // RFC 1952 2.2: members follow each other, with nothing between them or behind the last.
    if (s.ended) ::inflateReset2(&s.stream, kGzip);
    s.stream.next_out = s.out.data();
    s.stream.avail_out = static_cast<unsigned>(s.out.size());
    const int done = ::inflate(&s.stream, Z_NO_FLUSH);
    if (done != Z_OK && done != Z_STREAM_END && done != Z_BUF_ERROR)
      return Error{Errc::invalid_argument,
                   "the body is no gzip, although Content-Encoding says so"};
    s.ended = done == Z_STREAM_END;
    const std::size_t n = s.out.size() - s.stream.avail_out;
    s.unpacked += static_cast<std::int64_t>(n);
    if (s.unpacked > kRatioGrace && s.unpacked / kRatioMax > s.packed)
      return Error{Errc::too_large, "the body unpacks to far more than images do"};
    if (n > 0) DCMFS_CHECK(take(std::as_bytes(std::span(s.out).first(n))));
    if (n == 0 && done == Z_BUF_ERROR) break;
  }
  return {};
}

Result<> Inflater::finish() const {
  if (!state_->ended) return Error{Errc::invalid_argument, "the gzip body has no end"};
  return {};
}

std::string gzipped(std::string_view text) {
  z_stream stream{};
  ::deflateInit2(&stream, kFast, Z_DEFLATED, kGzip, 8, Z_DEFAULT_STRATEGY);
  std::string out(::deflateBound(&stream, text.size()), '\0');
  stream.next_in = const_cast<unsigned char*>(reinterpret_cast<const unsigned char*>(text.data()));
  stream.avail_in = static_cast<unsigned>(text.size());
  stream.next_out = reinterpret_cast<unsigned char*>(out.data());
  stream.avail_out = static_cast<unsigned>(out.size());
  ::deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  ::deflateEnd(&stream);
  return out;
}

}  // namespace dcmfs::rest
