#include "rest/orthanc/slices.h"

#include <algorithm>
#include <cmath>

#include "rest/orthanc/open_instance.h"
#include "rest/orthanc/resource_id.h"
#include "rest/orthanc/resources.h"
#include "rest/services.h"

namespace dcmfs::rest {
namespace {

using Vector = std::array<double, 3>;

constexpr double kParallel = 1e-4;     // how far the cosine between two normals may be from 1
constexpr double kDistanceMin = 1e-4;  // of two slices that are two, in mm

double dot(const Vector& a, const Vector& b) {
  return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

std::optional<std::vector<double>> numbers(const Resource& resource, Tag tag, std::size_t count) {
  const auto found = resource.attributes.find(tag);
  if (found == resource.attributes.end()) return std::nullopt;
  Dataset dataset;
  dataset.set_text(tag, found->second);
  auto all = dataset.numbers(tag);
  if (all.size() != count || !std::ranges::all_of(all, [](double n) { return std::isfinite(n); }))
    return std::nullopt;
  return all;
}

// PS3.3 C.7.6.2.1.1: the directions of a row and a column.
std::optional<Vector> normal_of(const std::vector<double>& cosines) {
  const Vector row{cosines[0], cosines[1], cosines[2]}, column{cosines[3], cosines[4], cosines[5]};
  Vector normal{row[1] * column[2] - row[2] * column[1], row[2] * column[0] - row[0] * column[2],
                row[0] * column[1] - row[1] * column[0]};
  const double length = std::sqrt(dot(normal, normal));
  if (!(length > 0.5)) return std::nullopt;  // no directions
  for (double& part : normal) part /= length;
  return normal;
}

bool sort_as_volume(std::vector<Slice>& slices) {
  if (slices.size() < 2) return false;
  const auto is_placed = [&](const Slice& slice) {
    return slice.frames == 1 && slice.position && slice.normal &&
           std::abs(dot(*slice.normal, *slices.front().normal) - 1) < kParallel;
  };
  if (!slices.front().normal || !std::ranges::all_of(slices, is_placed)) return false;
  const Vector normal = *slices.front().normal;
  const auto distance = [&](const Slice& slice) { return dot(*slice.position, normal); };
  auto sorted = slices;
  std::ranges::stable_sort(sorted, {}, distance);
  const bool meet = std::ranges::adjacent_find(sorted, [&](const Slice& a, const Slice& b) {
                      return distance(b) - distance(a) < kDistanceMin;
                    }) != sorted.end();
  if (meet) return false;
  slices = std::move(sorted);
  return true;
}

}  // namespace

Error too_many_frames() {
  return {Errc::too_large, "more than a million frames are not listed"};
}

OrderedSlices ordered(std::vector<Slice> slices) {
  OrderedSlices out{.slices = std::move(slices)};
  out.is_volume = sort_as_volume(out.slices);
  if (!out.is_volume) std::ranges::stable_sort(out.slices, {}, &Slice::number);
  return out;
}

Result<OrderedSlices> ordered_slices_of(const Store& store, Key series) {
  Query query;
  query.level = Level::instance;
  query.below = series;
  query.totals = Query::Totals::none;
  std::vector<Slice> slices;
  DCMFS_CHECK(store.find(query, [&](const Resource& resource) {
    Slice slice;
    slice.instance = {resource.key, resource.id};
    if (const auto frames = numbers(resource, tags::NumberOfFrames, 1))
      slice.frames = static_cast<int>(std::clamp((*frames)[0], 1.0, 1e9));
    if (const auto position = numbers(resource, tags::ImagePositionPatient, 3))
      slice.position = Vector{(*position)[0], (*position)[1], (*position)[2]};
    if (const auto cosines = numbers(resource, tags::ImageOrientationPatient, 6))
      slice.normal = normal_of(*cosines);
    const auto number = numbers(resource, tags::InstanceNumber, 1);
    slice.number = resource.index_in_series.value_or(
        number ? static_cast<std::int64_t>(std::clamp((*number)[0], -1e15, 1e15)) : 0);
    slices.push_back(slice);
    return true;
  }));
  return ordered(std::move(slices));
}

Result<Response> ordered_slices(const Services& services, Request& request) {
  DCMFS_TRY(const Key series, find_resource(services, Level::series, request.part("id")));
  DCMFS_TRY(const auto found, ordered_slices_of(services.store, series));
  std::int64_t frames = 0;
  for (const Slice& slice : found.slices) frames += slice.frames;
  if (frames > kListedFramesMax) return too_many_frames();
  const auto path = [](const Slice& slice) { return "/instances/" + slice.instance.id.str(); };
  JsonWriter json;
  json.begin_object().key("Dicom").begin_array();
  for (const Slice& slice : found.slices) json.text(path(slice) + "/file");
  json.end_array().key("Slices").begin_array();
  for (const Slice& slice : found.slices)
    for (int frame = 0; frame < slice.frames; ++frame)
      json.text(path(slice) + "/frames/" + std::to_string(frame));
  json.end_array().key("SlicesShort").begin_array();
  for (const Slice& slice : found.slices)
    json.begin_array().text(slice.instance.id.str()).number(0).number(slice.frames).end_array();
  json.end_array().member("Type", found.is_volume ? "Volume" : "Sequence").end_object();
  return written(std::move(json));
}

}  // namespace dcmfs::rest
