#pragma once
// The end of the program, for who may ask for it.
#include "store/result.h"

namespace dcmfs::rest {

class LifeControl {
 public:
  virtual ~LifeControl() = default;
  // Both from any thread; they answer before anything ends.
  virtual void stop() = 0;
  // Begin anew with the configuration as it is now. Errors: those of the configuration, and nothing happens.
  virtual Result<> restart() = 0;
};

}  // namespace dcmfs::rest
