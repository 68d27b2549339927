#pragma once
// Other DICOM nodes, as far as routes need them; tools/nodes.h is what they are. A node is JSON: an object of
// "AET", "Host", "Port" and what /modalities/{id}/configuration tells beside them; a caller may set
// "LocalAet" and "Timeout" (s) to his own.
//
// Thread safe. Calls block for the network. Errors: invalid_argument is the caller's, not_supported a peer that
// does not accept the service, cancelled a stop; all others are the peer's or the network's.
#include <cstddef>
#include <functional>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include <json/value.h>

#include "store/blob.h"
#include "store/dicom/dataset.h"
#include "store/ids.h"
#include "store/level.h"
#include "store/result.h"

namespace dcmfs::rest {

enum class FindModel : std::uint8_t { patient_root, study_root, worklist };

struct SopReference {
  std::string sop_class, sop_instance;
};

struct Commitment {
  std::string aet;  // who was asked
  bool is_reported = false;
  std::vector<SopReference> committed;
  struct Failed {
    SopReference what;
    int reason = 0;           // FailureReason, PS3.3 C.14.1.1
    std::string description;  // of that reason
  };
  std::vector<Failed> failed;
};

using DimseStatus = std::uint16_t;

class Modalities {
 public:
  virtual ~Modalities() = default;

  // -- the list
  virtual std::vector<std::string> names() const = 0;
  virtual std::optional<Json::Value> get(const std::string& name) const = 0;
  // In either form of Orthanc. Durable.
  virtual Result<> put(const std::string& name, Json::Value) = 0;
  virtual Result<> remove(
      const std::string& name) = 0;  // not_found; denied: it stands in the configuration
  // One that is in no list, brought into the form of get().
  virtual Result<Json::Value> read(Json::Value) const = 0;

  // -- what can be asked of one
  using Node = Json::Value;
  virtual Result<> echo(const Node&) = 0;
  virtual Result<> check_find(const Node&) = 0;  // whether it accepts queries (Study Root)
  virtual Result<std::vector<Dataset>> find(const Node&, FindModel, const Dataset& identifier) = 0;

  using UniqueKeys = std::vector<std::pair<Tag, std::string>>;
  // So many sub-operations are done and remain; `status` is that of the answer which told so (PS3.7 C), pending
  // but for the last. false: enough.
  using Progress =
      std::function<bool(std::int64_t done, std::int64_t remaining, DimseStatus status)>;
  virtual Result<> move(const Node&, Level, const UniqueKeys&, const std::string& target_aet,
                        const Progress&, std::stop_token) = 0;
  virtual Result<> fetch(const Node&, Level, const UniqueKeys&, const Progress&,
                         std::stop_token) = 0;  // C-GET

  struct MoveOriginator {
    std::string aet;
    std::uint16_t message_id = 0;
  };
  struct SendWishes {
    std::optional<MoveOriginator> originator = {};
    std::string transfer_syntax = {};  // the only one; empty: as it is stored, or uncompressed
  };
  // C-STORE of each; tells which one and what came of it, by the status if there was an answer. An error of `each`
  // ends it.
  using Each =
      std::function<Result<>(std::size_t index, const Result<>& sent, std::optional<DimseStatus>)>;
  virtual Result<> send(const Node&, std::span<const RowId>, const SendWishes&, const Each&,
                        std::stop_token) = 0;
  // Errors also not_dicom and corrupt: the file is none that can be sent.
  virtual Result<SopReference> send_file(const Node&, Blob) = 0;

  // -- storage commitment
  virtual Result<std::string> ask_commitment(const Node&,
                                             std::vector<SopReference>) = 0;  // its TransactionUID
  virtual Result<Commitment> commitment(const std::string& transaction_uid) const = 0;  // not_found
};

}  // namespace dcmfs::rest
