#include "rest/http/spooled_answer.h"

#include <vector>

#include "store/spool_blob.h"

namespace dcmfs::rest {
namespace {

constexpr std::size_t kSpooledPieceBytes = 256 << 10;

}  // namespace

Result<Response> with_length(Store& store, Response response) {
  auto* streamed = std::get_if<Streamed>(&response.body);
  if (streamed == nullptr || streamed->size || streamed->endless) return response;
  DCMFS_TRY(auto file, store.spool());
  std::vector<std::byte> piece(kSpooledPieceBytes);
  for (;;) {
    DCMFS_TRY(const std::size_t n, streamed->source->read(piece));
    if (n == 0) break;
    DCMFS_CHECK(file.append(std::span<const std::byte>(piece).first(n)));
  }
  DCMFS_TRY(auto blob, blob_of(file));
  auto whole = file_response(std::move(blob), {});
  response.body = std::move(whole.body);
  return response;
}

}  // namespace dcmfs::rest
