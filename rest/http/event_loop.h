#pragma once
// The one thread of cpprest.

namespace dcmfs::rest {

// Before anything else of cpprest is used; more than once does nothing. One thread: handlers then never run
// beside each other, which makes it possible to give a request our own buffer before its body is read. It only
// moves bytes: nothing may block in it.
void make_event_loop();

}  // namespace dcmfs::rest
