#include "net/kept_commitments.h"

#include <algorithm>
#include <cstdio>
#include <optional>

#include "store/number.h"
#include "store/stable_hash.h"

namespace dcmfs::net {
namespace {

constexpr std::string_view kHeaders = "commitment", kParts = "commitment part";
constexpr std::size_t kFields = 8;  // lines of a header
constexpr std::size_t kHeaderBytesMax = 1000;
constexpr std::size_t kPartBytesMax = KeptValues::kValueBytesMax - kHeaderBytesMax;

std::string kept_name_of_header(std::int64_t id) {
  return zero_padded(id, 19);  // in order
}
std::string kept_name_of_part(const KeptCommitment& of, std::size_t part) {
  return kept_name_of_header(of.id) + "/" + std::to_string(part);
}

template <class Number>
Number decimal(std::string_view text) {
  return parse_whole<Number>(text).value_or(0);
}

// Takes it off the front, with what ends it.
std::string_view take_until(std::string_view& text, char end) {
  const auto at = std::min(text.find(end), text.size());
  const auto taken = text.substr(0, at);
  text.remove_prefix(std::min(at + 1, text.size()));
  return taken;
}

std::string header_of(const KeptCommitment& of) {
  std::string text;
  const auto add = [&](std::string_view field) { text.append(field).append("\n"); };
  add(std::to_string(static_cast<int>(of.state)));
  add(of.aet);
  add(of.transaction_uid);
  add(std::to_string(to_ms(of.received)));
  add(std::to_string(of.digest));
  add(std::to_string(of.references));
  add(std::to_string(of.parts));
  add("");  // the header ends
  return text;
}

KeptCommitment commitment_of(std::string_view name, std::string_view text) {
  KeptCommitment of;
  of.id = decimal<std::int64_t>(name);
  of.state = static_cast<KeptCommitment::State>(decimal<int>(take_until(text, '\n')));
  of.aet = take_until(text, '\n');
  of.transaction_uid = take_until(text, '\n');
  of.received = from_ms(decimal<std::int64_t>(take_until(text, '\n')));
  of.digest = decimal<std::uint64_t>(take_until(text, '\n'));
  of.references = decimal<std::size_t>(take_until(text, '\n'));
  of.parts = decimal<std::size_t>(take_until(text, '\n'));
  return of;
}

void append_reference(std::string& text, const SopReference& one) {
  text.append(one.sop_class).append(" ").append(one.sop_instance).append("\n");
}

void parse_references(std::string_view text, std::vector<SopReference>& into) {
  while (!text.empty()) {
    auto line = take_until(text, '\n');
    const auto sop_class = take_until(line, ' ');
    into.push_back({std::string(sop_class), std::string(line)});
  }
}

// The first goes with the header.
std::vector<std::string> divide_references(const std::vector<SopReference>& references) {
  std::vector<std::string> parts(1);
  for (const SopReference& one : references) {
    const std::size_t bytes = one.sop_class.size() + one.sop_instance.size() + 2;
    if (parts.back().size() + bytes > kPartBytesMax) parts.emplace_back();
    append_reference(parts.back(), one);
  }
  return parts;
}

}  // namespace

std::uint64_t digest_of(std::string_view aet, std::vector<SopReference> references) {
  std::ranges::sort(references);
  std::uint64_t hash = kHashOfNothing;
  const auto add = [&](std::string_view text) {
    hash = stable_hash("\n", stable_hash(text, hash));
  };
  add(aet);
  for (const SopReference& one : references) {
    add(one.sop_class);
    add(one.sop_instance);
  }
  return hash;
}

Result<std::vector<KeptCommitment>> KeptCommitments::load() {
  DCMFS_TRY(const auto values, values_.all(kHeaders));
  std::vector<KeptCommitment> all;
  for (const auto& [name, text] : values) {
    auto one = commitment_of(name, text);
    if (one.state == KeptCommitment::State::writing) {
      DCMFS_CHECK(forget(one));
    } else {
      all.push_back(std::move(one));
    }
  }
  return all;
}

Result<> KeptCommitments::write(const KeptCommitment& of, std::string_view references) {
  return values_.set(kHeaders, kept_name_of_header(of.id), header_of(of).append(references));
}

Result<> KeptCommitments::keep(KeptCommitment& of, const std::vector<SopReference>& references) {
  const auto parts = divide_references(references);
  of.references = references.size();
  of.parts = parts.size() - 1;
  if (of.parts > 0) {
    // So that a crash leaves no parts behind that nobody knows.
    KeptCommitment unfinished = of;
    unfinished.state = KeptCommitment::State::writing;
    DCMFS_CHECK(write(unfinished));
  }
  for (std::size_t part = 1; part <= of.parts; ++part) {
    DCMFS_CHECK(values_.set(kParts, kept_name_of_part(of, part), parts[part]));
  }
  return write(of, parts.front());
}

Result<std::vector<SopReference>> KeptCommitments::references(const KeptCommitment& of) const {
  std::vector<SopReference> references;
  DCMFS_TRY(const auto header, values_.get(kHeaders, kept_name_of_header(of.id)));
  std::string_view text = header ? std::string_view(*header) : std::string_view();
  for (std::size_t field = 0; field < kFields; ++field) take_until(text, '\n');
  parse_references(text, references);
  for (std::size_t part = 1; part <= of.parts; ++part) {
    DCMFS_TRY(const auto value, values_.get(kParts, kept_name_of_part(of, part)));
    if (value) parse_references(*value, references);
  }
  if (references.size() != of.references)
    return Error{Errc::corrupt, "a request for storage commitment is not kept whole"};
  return references;
}

Result<> KeptCommitments::settle(KeptCommitment& of) {
  of.state = KeptCommitment::State::settled;
  DCMFS_CHECK(write(of));
  return drop_parts(of);  // those that a crash leaves go when it is forgotten
}

Result<> KeptCommitments::forget(const KeptCommitment& of) {
  DCMFS_CHECK(drop_parts(of));
  return values_.remove(kHeaders, kept_name_of_header(of.id));
}

Result<> KeptCommitments::drop_parts(const KeptCommitment& of) {
  for (std::size_t part = 1; part <= of.parts; ++part) {
    DCMFS_CHECK(values_.remove(kParts, kept_name_of_part(of, part)));
  }
  return {};
}

}  // namespace dcmfs::net
