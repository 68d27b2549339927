#pragma once
// Who asks: HTTP Basic authentication, RFC 7617.
#include <array>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>

namespace dcmfs::rest {

// A hash as crypt(5) writes it ("$2b$..."), or the password itself.
using Users = std::map<std::string, std::string>;  // by name

bool is_password_hash(std::string_view);
// A bcrypt hash of the password, with a salt of its own. Empty: the system cannot make one.
std::string password_hash(const std::string& password);

class Authentication {
 public:
  explicit Authentication(Users users);

  // The name, if this Authorization header has been verified before. Quick.
  std::optional<std::string> known(std::string_view authorization) const;
  // The name, if the header is that of one of the users. A hash takes a tenth of a second on
  // purpose, so this is for a worker.
  std::optional<std::string> verify(std::string_view authorization);

 private:
  using Digest = std::array<unsigned char, 32>;
  Digest digest(std::string_view authorization) const;

  const Users users_;
  Digest secret_{};  // of this run: the digests that are kept are of no use to anybody else
  mutable std::mutex mutex_;
  std::map<Digest, std::string> verified_;  // guarded by mutex_
};

}  // namespace dcmfs::rest
