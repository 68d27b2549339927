#pragma once
// STOW-RS (PS3.18 10.5) as a client: instances in one request, and what the server answers of each.
#include <cstdint>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "rest/http/message.h"
#include "rest/peers.h"

namespace dcmfs::rest {

// Of one request, so that it can be answered in reasonable time and few files are open.
inline constexpr std::size_t kStowInstancesMax = 100;
inline constexpr std::int64_t kStowBytesMax = std::int64_t{256}
                                              << 20;  // but for one that is larger

struct StowInstance {
  std::string sop_instance;
  FileRange file;
};

struct StowAnswer {
  int status = 0;
  // For each instance why the server did not store it, a FailureReason (0008,1197); nullopt: it did. Empty if the
  // answer does not tell, as that of a proxy: the status speaks for all.
  std::vector<std::optional<int>> failed;
};

// What a status means for what was sent, where the answer does not tell of each instance.
enum class StowVerdict : std::uint8_t {
  stored,
  not_now,    // the server is the matter, not what it was sent
  not_these,  // perhaps one of them: each is to be sent alone, and if it was alone, it is
  later,      // the same, but another time it may be taken
};
StowVerdict stow_verdict(int status);

// "0122H: the SOP class is not supported"
std::string failure_reason_text(int reason);
// What the failure may be over by another time.
bool is_worth_another_try(int reason);

// `uri`: "studies", with what arguments there are. Errors: those of HttpClient.
Result<StowAnswer> stow(Peers&, const Peer&, const std::string& uri, std::vector<StowInstance>,
                        Headers, std::stop_token);

}  // namespace dcmfs::rest
