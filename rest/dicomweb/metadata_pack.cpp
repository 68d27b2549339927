#include "rest/dicomweb/metadata_pack.h"

#include <bit>
#include <cstring>

#include <zstd.h>

namespace dcmfs::rest {
namespace {

constexpr std::string_view kMagic = "dcmfs series metadata\n";
constexpr int kPackLevel = 1;  // more takes longer and is hardly smaller
constexpr std::size_t kDirectoryBytesMax = std::size_t{16} << 20;

static_assert(std::endian::native == std::endian::little, "numbers in the file are little endian");

template <class Number>
void append_packed(std::string& out, Number number) {
  out.append(reinterpret_cast<const char*>(&number), sizeof number);
}

// Reads numbers off the front; zero when there are no more, which then is_over() tells.
class PackedNumbers {
 public:
  explicit PackedNumbers(std::string_view bytes) : bytes_(bytes) {}
  template <class Number>
  Number next() {
    Number number{};
    is_short_ = is_short_ || bytes_.size() < sizeof number;
    if (is_short_) return number;
    std::memcpy(&number, bytes_.data(), sizeof number);
    bytes_.remove_prefix(sizeof number);
    return number;
  }
  bool is_short() const { return is_short_; }

 private:
  std::string_view bytes_;
  bool is_short_ = false;
};

std::string pack(std::string_view text) {
  const std::unique_ptr<ZSTD_CCtx, std::size_t (*)(ZSTD_CCtx*)> context(ZSTD_createCCtx(),
                                                                        ZSTD_freeCCtx);
  if (!context) throw std::bad_alloc();
  ZSTD_CCtx_setParameter(context.get(), ZSTD_c_compressionLevel, kPackLevel);
  ZSTD_CCtx_setParameter(context.get(), ZSTD_c_checksumFlag, 1);
  std::string out(ZSTD_compressBound(text.size()), '\0');
  const auto size = ZSTD_compress2(context.get(), out.data(), out.size(), text.data(), text.size());
  if (ZSTD_isError(size)) throw std::bad_alloc();  // nothing else can go wrong
  out.resize(size);
  return out;
}

const Error kDamaged{Errc::corrupt, "the metadata of a series: not readable"};

// Exactly so many bytes, which may not be more than were expected.
Result<std::string> read_packed(const Blob& blob, std::int64_t offset, std::size_t packed,
                                std::size_t unpacked) {
  if (offset < 0 || offset > blob.size() ||
      static_cast<std::int64_t>(packed) > blob.size() - offset)
    return kDamaged;
  std::string bytes(packed, '\0'), text(unpacked, '\0');
  DCMFS_TRY(const auto got, blob.read(offset, std::as_writable_bytes(std::span(bytes))));
  if (got != packed) return kDamaged;
  if (ZSTD_decompress(text.data(), text.size(), bytes.data(), bytes.size()) != unpacked)
    return kDamaged;
  return text;
}

}  // namespace

Result<MetadataPack> MetadataPack::open(Blob opened) {
  MetadataPack pack(std::move(opened));
  constexpr std::size_t kHeadBytes = kMagic.size() + 4 * sizeof(std::uint32_t);
  std::string head(kHeadBytes, '\0');
  DCMFS_TRY(const auto got, pack.blob_.read(0, std::as_writable_bytes(std::span(head))));
  if (got != kHeadBytes || !head.starts_with(kMagic)) return kDamaged;
  PackedNumbers sizes(std::string_view(head).substr(kMagic.size()));
  if (sizes.next<std::uint32_t>() != kMetadataVersion) return kDamaged;
  const std::size_t count = sizes.next<std::uint32_t>();
  const std::size_t packed = sizes.next<std::uint32_t>(), unpacked = sizes.next<std::uint32_t>();
  if (count > kInstancesMax || packed > kDirectoryBytesMax || unpacked > kDirectoryBytesMax)
    return kDamaged;
  DCMFS_TRY(const std::string directory, read_packed(pack.blob_, kHeadBytes, packed, unpacked));

  PackedNumbers numbers(directory);
  std::int64_t offset = static_cast<std::int64_t>(kHeadBytes + packed);
  pack.instances_.resize(count);
  pack.by_row_.reserve(count);
  std::size_t in_block = 0;
  for (std::size_t i = 0; i < count; ++i) {
    Instance& one = pack.instances_[i];
    one.row = RowId{numbers.next<std::int64_t>()};
    one.sha256 = numbers.next<decltype(one.sha256)>();
    one.length = numbers.next<std::uint32_t>();
    if (i % kBlockInstances == 0) in_block = 0;
    one.offset = in_block;
    in_block += one.length;
    if (in_block > kBlockBytesMax) return kDamaged;
    pack.by_row_[one.row] = i;
    if ((i + 1) % kBlockInstances == 0 || i + 1 == count) pack.blocks_.push_back({0, 0, in_block});
  }
  for (Block& block : pack.blocks_) {
    block.offset = offset;
    block.packed = numbers.next<std::uint32_t>();
    offset += static_cast<std::int64_t>(block.packed);
  }
  if (numbers.is_short()) return kDamaged;
  return pack;
}

std::optional<std::size_t> MetadataPack::find(const StoredFile& stored) const {
  const auto found = by_row_.find(stored.instance);
  if (found == by_row_.end() || instances_[found->second].sha256 != stored.sha256)
    return std::nullopt;
  return found->second;
}

Result<std::string> MetadataPack::unpack(std::size_t block) const {
  const Block& one = blocks_.at(block);
  return read_packed(blob_, one.offset, one.packed, one.unpacked);
}

std::string_view MetadataPack::text(std::size_t number, std::string_view unpacked) const {
  return unpacked.substr(instances_.at(number).offset, instances_[number].length);
}

bool MetadataPackWriter::add(const StoredFile& stored, std::string_view text) {
  if (count_ == MetadataPack::kInstancesMax ||
      texts_.size() + text.size() > MetadataPack::kBlockBytesMax)
    return false;
  append_packed(directory_, value(stored.instance));
  append_packed(directory_, stored.sha256);
  append_packed(directory_, static_cast<std::uint32_t>(text.size()));
  texts_ += text;
  if (++count_ % MetadataPack::kBlockInstances == 0) end_block();
  return true;
}

void MetadataPackWriter::end_block() {
  const std::string packed = pack(texts_);
  append_packed(sizes_, static_cast<std::uint32_t>(packed.size()));
  blocks_ += packed;
  texts_.clear();
}

std::string MetadataPackWriter::finish() {
  if (count_ % MetadataPack::kBlockInstances != 0) end_block();
  const std::string directory = directory_ + sizes_, packed = pack(directory);
  std::string out(kMagic);
  for (const std::size_t number :
       {std::size_t{kMetadataVersion}, count_, packed.size(), directory.size()})
    append_packed(out, static_cast<std::uint32_t>(number));
  return out + packed + blocks_;
}

}  // namespace dcmfs::rest
