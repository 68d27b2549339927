#pragma once
// The DIMSE services (PS3.7, PS3.4) that this node provides, as one table. A row says what is
// negotiated, and who answers; everything else follows, the conformance statement included.
#include <cstdint>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>

#include "net/access.h"
#include "net/association.h"
#include "net/message.h"
#include "net/negotiation.h"
#include "net/options.h"
#include "store/store.h"
#include "store/worklists.h"

namespace dcmfs::net {

class Commitments;

// What services work on. Any thread.
struct Node {
  Store& store;
  const Options& options;
  Worklists& worklists;
  Commitments& commitments;
  std::stop_token stop = {};  // ends the waits for other nodes that are called
};

// A request that was received in a context that was accepted for it. Its data set, if it has one,
// is still to be received; what is left of it is dropped.
struct Call {
  const Node& node;
  Association& association;
  const AcceptedContext& context;
  const Message& request;

  Result<> answer(Status status, std::string_view comment = {}) const {
    return association.send(context.id, make_response(request, status, comment));
  }
  // Between two answers: whether the peer wants no more. An error is one of the association.
  Result<bool> is_cancelled() const;
  // Of what comes meanwhile: the peer's answer to a report of ours on storage commitment. That was on
  // its way when the peer sent its request, so neither is wrong (PS3.7 D.3.3.3: each side may have one
  // operation outstanding).
  bool takes(const Message&) const;
};

// Which abstract syntaxes: a list, or a question.
struct SopClasses {
  std::span<const std::string_view> list = {};
  bool (*matches)(std::string_view uid, const Options&) = nullptr;

  bool contain(std::string_view uid, const Options&) const;
};

// Which transfer syntaxes; the first one that the peer proposes is taken.
enum class Syntaxes : std::uint8_t {
  uncompressed,  // those in which an identifier is read and written
  any,           // what we know; if there is none of it, what we do not
};

struct Service {
  CommandField command;
  std::string_view name;  // of the service class
  bool Privileges::*privilege;
  SopClasses sop_classes;
  std::string_view sop_classes_are = {};  // for the conformance statement, where it is a question
  Syntaxes syntaxes = Syntaxes::uncompressed;
  Roles peer = kScu;      // those it may have
  Role ours = Role::scp;  // that we have in what this row answers
  // Of the request, of any size: the application information that is accepted (PS3.7 D.3.3.5).
  // nullptr: none.
  std::string (*extended)(std::string_view proposed) = nullptr;
  // An error is one of the association, which has ended by it.
  Result<> (*handler)(const Call&) = nullptr;
};

std::span<const Service> services();

// nullptr: no row has this command for this SOP class.
const Service* find_service(CommandField, std::string_view sop_class, const Options&);
// The first row for this SOP class, whatever the command. Rows of one SOP class agree but for
// commands and roles.
const Service* find_service(std::string_view sop_class, const Options&);

// UIDs, in the order of the standard, of what Syntaxes means.
std::span<const std::string_view> uncompressed_syntaxes();

}  // namespace dcmfs::net
