#pragma once
// What the tree needs of the network, for modalities/. Somebody else knows how.
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "store/dicom/dataset.h"
#include "store/result.h"

namespace dcmfs::fs {

// What is being fetched from a peer.
struct Retrieving {
  std::int64_t studies = 0;  // that wait, or are under way
  std::int64_t fetched = 0,
               remaining = 0;  // instances: since the start, and of the study under way
  std::string last_error;
};

// Thread safe.
class Peers {
 public:
  virtual ~Peers() = default;
  // To whom one can send, by the names that they have in the outbox, sorted: of a DICOM node the name of its
  // folder in modalities/, of a server of DICOMweb "peers/" and that.
  virtual std::vector<std::string> names() const = 0;
  // C-ECHO, or a search that answers little: one line for a person, without its end. Blocks for as long as the peer may be silent.
  virtual std::string echo(const std::string& name) = 0;
  // C-FIND for studies: what fits all keys (values UTF-8, by the rules of PS3.4 C.2.2.2). Blocks.
  using Keys = std::vector<std::pair<Tag, std::string>>;
  // Only of DICOM nodes, as all below.
  virtual Result<std::vector<Dataset>> find_studies(const std::string& name, const Keys&) = 0;
  // Has a study fetched into the store; durable when it answers. invalid_argument: no UID.
  virtual Result<> retrieve(const std::string& name, const std::string& study_instance_uid) = 0;
  virtual Retrieving retrieving(const std::string& name) = 0;
};

}  // namespace dcmfs::fs
