// Bytes on a connection to the DICOM node: an association request, PDUs in an association, or a
// command set and a data set that PDUs are made for. The node must end the connection, and go on.
#include <memory>

#include "net/server.h"
#include "store/dicom/transfer_syntax.h"
#include "tests/fuzz/target.h"
#include "tests/net/wire.h"
#include "tests/support/temp_store.h"

namespace dcmfs::fuzz {
namespace {

constexpr std::string_view kStored = "1.2.840.10008.5.1.4.1.1.2";
constexpr int kInputsOfOneNode = 2000;  // then everything begins anew
constexpr int kInputsBetweenGoodOnes = 50;
constexpr std::size_t kFragmentBytes = 8192;

// The first byte of an input says what the rest is.
enum class Stage : std::uint8_t { connection, association, message, count };

class RunningNode {
 public:
  RunningNode() {
    net::Options options;
    options.artim = std::chrono::milliseconds(500);
    options.associations_max = 8;
    auto started = net::Server::start(*store_, options);
    if (started) server_ = *std::move(started);
  }

  std::string run(Stage stage, std::string_view bytes) {
    if (!server_) return "the node did not start";
    net::Wire wire(server_->port());
    if (stage != Stage::connection && !net::associate(wire, request())) return "not accepted";
    wire.send_all(stage == Stage::message ? message(bytes) : std::string(bytes));
    wire.end_sending();
    while (!net::receive_pdu(wire).empty()) {
    }
    if (!wire.is_closed_by_peer()) return "the connection did not end";
    const bool good =
        ++inputs_ % kInputsBetweenGoodOnes != 0 || net::a_good_client_is_served(server_->port());
    return good ? "" : "nobody else is served";
  }

 private:
  static net::WireRequest request() {
    return {.contexts = {{.id = 1},
                         {.id = 3,
                          .abstract_syntax = kStored,
                          .transfer_syntax = uids::ExplicitVRLittleEndian}}};
  }

  // Two bytes for the length of the command set, little endian; what is behind it is the data set.
  static std::string message(std::string_view bytes) {
    const auto at = [&](std::size_t i) {
      return i < bytes.size() ? static_cast<unsigned char>(bytes[i]) : 0u;
    };
    const std::size_t length = at(0) | at(1) << 8;
    bytes.remove_prefix(std::min<std::size_t>(2, bytes.size()));
    const auto command = bytes.substr(0, length);
    bytes.remove_prefix(command.size());
    std::string all = net::data_pdu(net::kLastCommand, command, 3);
    while (!bytes.empty()) {
      const auto fragment = bytes.substr(0, kFragmentBytes);
      bytes.remove_prefix(fragment.size());
      all += net::data_pdu(bytes.empty() ? net::kLastData : net::kData, fragment, 3);
    }
    return all;
  }

  TempStore store_{{.durability = Durability::relaxed}};
  std::unique_ptr<net::Server> server_;
  int inputs_ = 0;
};

}  // namespace

std::string association(std::string_view bytes) {
  static std::unique_ptr<RunningNode> node;
  static int inputs = 0;
  if (!node || ++inputs % kInputsOfOneNode == 0) {
    node.reset();
    node = std::make_unique<RunningNode>();
  }
  if (bytes.empty()) return "";
  constexpr auto kStages = static_cast<unsigned>(Stage::count);
  const auto stage = static_cast<Stage>(static_cast<unsigned char>(bytes.front()) % kStages);
  return node->run(stage, bytes.substr(1));
}

}  // namespace dcmfs::fuzz
