#pragma once
// A body from the crown to the thighs, made of simple shapes: enough of it that
// a slice looks like one at first glance. The origin is the navel.
#include <cstdint>

#include "tools/phantom/canvas.h"

namespace dcmfs::phantom {

struct Ball {
  double x, y, z, radius;
};

class Body {
 public:
  // `key` varies sizes and places a little, as between two people.
  explicit Body(std::uint64_t key);

  enum class Support : std::uint8_t { none, table };
  Canvas slice(const Plane&, double z, Support) const;

  // In the right lung.
  const Ball& tumour() const { return tumour_; }
  // Half width and half depth of the trunk, and the y of its middle.
  struct Girth {
    double half_width, half_depth, y;
  };
  Girth girth(double z) const;

 private:
  void paint_trunk(Canvas&, double z) const;
  void paint_ribs(Canvas&, double z) const;
  void paint_lung_vessels(Canvas&, double z) const;

  std::uint64_t key_;
  double width_, depth_;  // of this person, as part of the tables' values
  Ball tumour_;
};

inline constexpr double kTableTop = 116;  // mm below the middle of the body

}  // namespace dcmfs::phantom
