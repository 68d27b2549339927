#pragma once
// Other REST servers: the list of them, and what is sent to them.
#include "rest/http/route.h"
#include "rest/jobs/job.h"

namespace dcmfs::rest {

Result<Response> list_peers(const Services&, Request&);
Result<Response> show_peer(const Services&, Request&);  // what can be done with it
Result<Response> put_peer(const Services&, Request&);
Result<Response> remove_peer(const Services&, Request&);
Result<Response> show_peer_configuration(const Services&, Request&);
Result<Response> peer_system(const Services&, Request&);
Result<Response> store_to_peer(const Services&, Request&);
Result<Response> store_straight_to_peer(const Services&, Request&);

JobEnd run_peer_store(const Services&, const Json::Value& parameters, JobRun&);  // OrthancPeerStore

}  // namespace dcmfs::rest
