#pragma once
// New UIDs for old ones: the same for the same, so that what refers to each
// other still does, and none that tells the old one.
//
// A new UID is 2.25 (PS3.5 B.2) of a keyed hash (HMAC-SHA-256) of the old one. With a key from a
// secret it is the same in every job, also years later; with a random key it is that of one job,
// which goes on with it after a pause if it keeps `key()`. Any thread may ask.
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>

namespace dcmfs {

class UidMap {
 public:
  static UidMap random();
  static UidMap from_secret(std::string_view secret);
  static UidMap from_key(std::string key);         // that of another map
  const std::string& key() const { return key_; }  // bytes; as secret as the secret

  // From now on `from` becomes `to`. Before others ask.
  void set(std::string from, std::string to);
  // Never empty. UIDs that the standard gives a meaning (SOP classes, transfer syntaxes, coding
  // schemes, well-known instances; all below 1.2.840.10008) stay.
  std::string operator()(std::string_view uid) const;

 private:
  explicit UidMap(std::string key) : key_(std::move(key)) {}

  std::string key_;
  std::map<std::string, std::string, std::less<>> chosen_;
};

// "6f1d…-…-4…", a random UUID as RFC 9562 writes one: a PatientID that nobody has.
std::string random_uuid();

}  // namespace dcmfs
