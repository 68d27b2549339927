#pragma once
// Brings entries of the outbox to DICOM nodes, by C-STORE.
//
// Each thread of a destination (store/outbox_workers.h) has one association that it uses again. Where
// nobody answers the whole queue of the destination waits, longer each time (store/backoff.h).
//
// Thread safe.
#include <chrono>
#include <memory>

#include "net/destinations.h"
#include "store/carrier.h"
#include "store/store.h"

namespace dcmfs::net {

// Who copies a folder puts one file after the other: an association waits that long for the next.
inline constexpr std::chrono::milliseconds kLinger{500};

// The store and the destinations must outlive it. To settle what was sent is settle_sent() (sent.h)
// where the router may say that it is removed then.
std::unique_ptr<Carrier> dicom_carrier(Store&, const Destinations&, Calling, DeliveryRules,
                                       std::chrono::milliseconds linger = kLinger);

}  // namespace dcmfs::net
