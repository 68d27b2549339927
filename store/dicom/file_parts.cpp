#include "store/dicom/file_parts.h"

#include <algorithm>
#include <span>

#include <zlib.h>

namespace dcmfs {
namespace {

constexpr std::size_t kPieceBytes = 1 << 20;

Result<> in_pieces(std::string_view bytes, const FileParts::Sink& sink) {
  for (; !bytes.empty(); bytes.remove_prefix(std::min(bytes.size(), kPieceBytes)))
    DCMFS_CHECK(sink(bytes.substr(0, kPieceBytes)));
  return {};
}

// PS3.5 A.5: a raw deflate stream, padded to an even length.
class Deflater {
 public:
  explicit Deflater(const FileParts::Sink& sink) : sink_(sink), out_(kPieceBytes, '\0') {
    usable_ = deflateInit2(&stream_, Z_DEFAULT_COMPRESSION, Z_DEFLATED, -MAX_WBITS, 8,
                           Z_DEFAULT_STRATEGY) == Z_OK;
  }
  Deflater(const Deflater&) = delete;
  Deflater& operator=(const Deflater&) = delete;
  ~Deflater() {
    if (usable_) deflateEnd(&stream_);
  }

  Result<> add(std::string_view bytes) { return run(bytes, Z_NO_FLUSH); }
  Result<> end() {
    DCMFS_CHECK(run({}, Z_FINISH));
    return stream_.total_out % 2 == 0 ? Result<>() : sink_(std::string_view("\0", 1));
  }

 private:
  Result<> run(std::string_view bytes, int flush) {
    if (!usable_) return Error{Errc::no_space, "no memory to deflate"};
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
    stream_.avail_in = static_cast<uInt>(bytes.size());  // a piece
    do {
      stream_.next_out = reinterpret_cast<Bytef*>(out_.data());
      stream_.avail_out = static_cast<uInt>(out_.size());
      deflate(&stream_, flush);
      const std::size_t made = out_.size() - stream_.avail_out;
      if (made > 0) DCMFS_CHECK(sink_(std::string_view(out_).substr(0, made)));
    } while (stream_.avail_out == 0);
    return {};
  }

  const FileParts::Sink& sink_;
  std::string out_;
  z_stream stream_{};
  bool usable_ = false;
};

}  // namespace

std::optional<std::int64_t> FileParts::size() const {
  if (deflated_ == Deflated::yes) return std::nullopt;
  std::int64_t size = std::ssize(head_) + std::ssize(bytes_);
  for (const SourceRange& range : ranges_) size += range.length;
  return size;
}

Result<> FileParts::write(const Sink& sink) const {
  DCMFS_CHECK(in_pieces(head_, sink));
  if (deflated_ == Deflated::no) return write_plain(sink);
  Deflater deflater(sink);
  DCMFS_CHECK(write_plain([&](std::string_view piece) { return deflater.add(piece); }));
  return deflater.end();
}

Result<> FileParts::write_plain(const Sink& sink) const {
  const std::string_view bytes = bytes_;
  std::size_t done = 0;
  std::vector<char> buffer(ranges_.empty() ? 0 : kPieceBytes);
  for (const SourceRange& range : ranges_) {
    DCMFS_CHECK(in_pieces(bytes.substr(done, range.after - done), sink));
    done = range.after;
    for (std::int64_t at = 0; at < range.length;) {
      const auto want = std::min<std::int64_t>(range.length - at, std::ssize(buffer));
      const auto into = std::span(buffer).first(static_cast<std::size_t>(want));
      DCMFS_TRY(const std::size_t got,
                source_->read(range.offset + at, std::as_writable_bytes(into)));
      if (got < into.size()) return Error{Errc::corrupt, "the source ends too early"};
      DCMFS_CHECK(sink({buffer.data(), got}));
      at += want;
    }
  }
  return in_pieces(bytes.substr(done), sink);
}

}  // namespace dcmfs
