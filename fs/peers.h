#pragma once
// What the tree needs of the network, for modalities/. Somebody else knows how.
#include <string>
#include <string_view>
#include <vector>


namespace dcmfs::fs {

// Thread safe.
class Peers {
 public:
  virtual ~Peers() = default;
  // To whom one can send, by the names that they have in the outbox: sorted, each a file's name.
  virtual std::vector<std::string> names() const = 0;
  // C-ECHO: one line for a person, without its end. Blocks for as long as the peer may be silent.
  virtual std::string echo(const std::string& name) = 0;
};

}  // namespace dcmfs::fs
