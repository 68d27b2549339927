#pragma once
// What becomes of an entry of the outbox by what happened when it was sent. Values alone.
#include <string>

#include "net/status.h"
#include "store/outbox.h"
#include "store/result.h"

namespace dcmfs::net {

enum class Verdict : std::uint8_t {
  sent,
  later,  // the destination may take it another time
  never,  // as long as nobody changes something
};

// Of the answer to a C-STORE (PS3.4 B.2.3). A warning means that it is stored.
Verdict verdict_of(Status);
// "A700: Out of Resources", for a person.
std::string text_of(Status);

// Of an association that could not be had.
Trouble trouble_of(Errc);

}  // namespace dcmfs::net
