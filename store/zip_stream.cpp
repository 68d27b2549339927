#include "store/zip_stream.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <vector>

#include <zlib.h>

#include "store/zip_records.h"

namespace dcmfs {
namespace {

constexpr std::size_t kReadBytes = 256 << 10;  // of a member at once

}  // namespace

struct ZipStream::State {
  State(Next from, int level) : next(std::move(from)) {
    // Raw: APPNOTE 4.4.5 has deflate without zlib's header.
    is_ready =
        deflateInit2(&deflater, level, Z_DEFLATED, -MAX_WBITS, 8, Z_DEFAULT_STRATEGY) == Z_OK;
    packed.resize(kReadBytes);
    plain.resize(kReadBytes);
  }
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  ~State() { deflateEnd(&deflater); }

  // Appends what comes next to `ready`.
  Result<> advance() {
    if (!is_ready) return Error{Errc::no_space, "no memory to deflate"};
    if (!member) return begin();
    return pack();
  }

  Result<> begin() {
    DCMFS_TRY(member, next());
    if (!member) {
      zip::append_end(central, members, offset, central.size());
      ready += central;
      is_whole = true;
      return {};
    }
    name = member->name;
    record = {.name = name,
              .modified = member->modified,
              .deflated = true,
              .described = true,
              .start = offset};
    checksum = ::crc32(0, nullptr, 0);
    deflateReset(&deflater);
    put(zip::local_header(record));
    return {};
  }

  Result<> pack() {
    DCMFS_TRY(const auto bytes, member->read(std::as_writable_bytes(std::span(plain))));
    checksum = ::crc32(checksum, plain.data(), static_cast<uInt>(bytes));
    record.bytes += bytes;
    deflater.next_in = plain.data();
    deflater.avail_in = static_cast<uInt>(bytes);
    int status = Z_OK;
    do {
      deflater.next_out = packed.data();
      deflater.avail_out = static_cast<uInt>(packed.size());
      status = deflate(&deflater, bytes == 0 ? Z_FINISH : Z_NO_FLUSH);
      const auto made = packed.size() - deflater.avail_out;
      record.packed_bytes += made;
      put({reinterpret_cast<const char*>(packed.data()), made});
    } while (deflater.avail_out == 0);
    if (status != Z_STREAM_END) return {};
    record.crc32 = static_cast<std::uint32_t>(checksum);
    put(zip::descriptor(record));
    zip::append_central_header(central, record);
    ++members;
    member.reset();
    return {};
  }

  void put(std::string_view bytes) {
    ready += bytes;
    offset += bytes.size();
  }

  const Next next;
  z_stream deflater{};
  bool is_ready = false, is_whole = false;
  std::optional<Member> member;  // that is being written
  std::string name;              // its
  zip::Record record;            // its
  uLong checksum = 0;
  std::vector<Bytef> plain, packed;
  std::string central;  // the directory so far
  std::uint64_t members = 0, offset = 0;
  std::string ready;  // made and not yet read
  std::size_t given = 0;
};

ZipStream::ZipStream(Next next, int level)
    : state_(std::make_unique<State>(std::move(next), level)) {}
ZipStream::~ZipStream() = default;

Result<std::size_t> ZipStream::read(std::span<std::byte> into) {
  State& state = *state_;
  std::size_t done = 0;
  while (done < into.size()) {
    if (state.given == state.ready.size()) {
      if (state.is_whole) break;
      state.ready.clear();
      state.given = 0;
      DCMFS_CHECK(state.advance());
      continue;
    }
    const auto bytes = std::min(into.size() - done, state.ready.size() - state.given);
    std::memcpy(into.data() + done, state.ready.data() + state.given, bytes);
    state.given += bytes;
    done += bytes;
  }
  return done;
}

}  // namespace dcmfs
