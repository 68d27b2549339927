#pragma once
// The DIMSE services (PS3.7) that this node provides, as one table.
#include <cstdint>
#include <span>
#include <string_view>

#include "store/store.h"

struct T_ASC_Association;  // of DCMTK
struct T_DIMSE_Message;

namespace dcmfs::net {

struct Call {
  Store& store;
  T_ASC_Association& association;
  std::uint8_t context;  // presentation context id
  T_DIMSE_Message& request;
};

enum class Answered : bool { no, yes };  // no: the association is broken

struct Service {
  std::uint16_t command;  // CommandField of the request, PS3.7 E.1
  std::span<const std::string_view> sop_classes;
  Answered (*handler)(const Call&);
  std::string_view name;
};

std::span<const Service> services();

}  // namespace dcmfs::net
