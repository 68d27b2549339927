#pragma once
// A ByteStream that OpenSSL encrypts. Private to this room; see tls.h.
#include <chrono>
#include <memory>

#include "net/byte_stream.h"
#include "store/result.h"

struct ssl_ctx_st;

namespace dcmfs::net {

enum class TlsRole : bool { client, server };

Result<std::unique_ptr<ByteStream>> tls_handshake(ssl_ctx_st* context, TlsRole, int fd,
                                                  std::chrono::seconds timeout,
                                                  std::chrono::steady_clock::time_point deadline);

}  // namespace dcmfs::net
