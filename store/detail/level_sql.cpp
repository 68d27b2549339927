#include "store/detail/level_sql.h"

namespace dcmfs::detail {
namespace {

std::string operator+(std::string text, std::string_view more) {
  return text.append(more);
}

// "FROM series r JOIN instance i ON i.series = r.id WHERE r.study = study.id": the
// instances below a row, as `i`. The aliases differ from every table's name, so that an
// expression can stand inside a query over these tables.
std::string instances_below(Level level) {
  switch (level) {
    case Level::patient:
      return "FROM study y JOIN series r ON r.study = y.id JOIN instance i ON i.series = r.id "
             "WHERE y.patient = patient.id";
    case Level::study:
      return "FROM series r JOIN instance i ON i.series = r.id WHERE r.study = study.id";
    case Level::series:
      return "FROM instance i WHERE i.series = series.id";
    case Level::instance:
      break;
  }
  return "FROM instance i WHERE i.id = instance.id";
}

// " JOIN series d1 ON d1.id = d.series WHERE d1.study = study.id": from `d`, a row of `level`, up to the
// row of `top` that the expression stands at.
std::string above_alias(Level level, Level top) {
  std::string joins, alias = "d";
  for (int n = 1; *parent(level) > top; ++n) {
    level = *parent(level);
    const std::string next = "d" + std::to_string(n);
    joins = joins + " JOIN " + table(level) + " " + next + " ON " + next + ".id = " + alias + "." +
            table(level);
    alias = next;
  }
  return joins + " WHERE " + alias + "." + table(top) + " = " + table(top) + ".id";
}

}  // namespace

std::string column(const Attribute& attribute) {
  return std::string(table(attribute.level)) + "." + attribute.column;
}

std::string folded_column(const Attribute& attribute) {
  return column(attribute) + "_fold";
}

std::string unique_column(Level level) {
  return column(*find_attribute(info(level).unique_key));
}

std::string parent_of(Level level) {
  const auto above = parent(level);
  return std::string(table(level)) + "." + (above ? table(*above) : "id");
}

// Rows are numbered in order of arrival, so the newest below a series is the one with the
// highest number: one step in the index.
std::string newest_instance(Level level) {
  constexpr std::string_view kNewest =
      "(SELECT i.id FROM instance i WHERE i.series = r.id ORDER BY i.id DESC LIMIT 1)";
  switch (level) {
    case Level::patient:
      return std::string("(SELECT max(") + kNewest +
             ") FROM study y JOIN series r ON r.study = y.id WHERE y.patient = patient.id)";
    case Level::study:
      return std::string("(SELECT max(") + kNewest + ") FROM series r WHERE r.study = study.id)";
    case Level::series:
      return "(SELECT i.id FROM instance i WHERE i.series = series.id ORDER BY i.id DESC LIMIT 1)";
    case Level::instance:
      break;
  }
  return "instance.id";
}

std::string newest_reception(Level level) {
  if (level == Level::instance) return "instance.received";
  return "(SELECT n.received FROM instance n WHERE n.id = " + newest_instance(level) + ")";
}

std::string expected_instances() {
  std::string arguments;
  for (const Tag tag :
       {tags::ImagesInAcquisition, tags::NumberOfTemporalPositions, tags::NumberOfSlices,
        tags::NumberOfTimeSlices, tags::CardiacNumberOfImages}) {
    arguments += (arguments.empty() ? "" : ", ") + column(*find_attribute(tag));
  }
  return "dcm_expected_instances(" + arguments + ")";
}

std::string index_in_series(std::string_view instance) {
  return "dcm_index_in_series(" + std::string(instance) + ".InstanceNumber, " +
         std::string(instance) + ".ImageIndex)";
}

std::string labels_of(Level level) {
  return "(SELECT group_concat(l.name, ' ') FROM (SELECT name FROM label WHERE level = " +
         std::to_string(index_of(level)) + " AND row = " + std::string(table(level)) +
         ".id ORDER BY name) l)";
}

std::string count_children(Level level) {
  const auto below = child(level);
  if (!below) return "0";
  return "(SELECT count(*) FROM " + std::string(table(*below)) + " c WHERE c." + table(level) +
         " = " + table(level) + ".id)";
}

std::string count_instances(Level level) {
  if (level == Level::instance) return "1";
  return "(SELECT count(*) " + instances_below(level) + ")";
}

std::string sum_attachment_bytes(Level level) {
  std::string rows;
  for (const LevelInfo& of : kLevels) {
    if (of.level < level) continue;
    const std::string whose = of.level == level
                                  ? "= " + std::string(table(level)) + ".id"
                                  : "IN (SELECT d.id FROM " + std::string(table(of.level)) + " d" +
                                        above_alias(of.level, level) + ")";
    rows += (rows.empty() ? "" : " OR ") + ("(a.level = " + std::to_string(index_of(of.level))) +
            " AND a.row " + whose + ")";
  }
  return "(SELECT total(a.size) FROM attachment a WHERE " + rows + ")";
}

std::string count_below(Level level, Level counted) {
  if (counted <= level) return counted == level ? "1" : "0";
  if (counted == Level::instance) return count_instances(level);
  if (counted == child(level)) return count_children(level);
  return "(SELECT count(*) FROM study y JOIN series r ON r.study = y.id"
         " WHERE y.patient = patient.id)";
}

std::string sum_bytes(Level level) {
  if (level == Level::instance) return "instance.size";
  return "(SELECT total(i.size) " + instances_below(level) + ")";
}

std::string join_upward(Level from, Level top) {
  std::string joins;
  for (Level level = from; level > top;) {
    const Level above = *parent(level);
    joins = joins + " JOIN " + table(above) + " ON " + table(above) + ".id = " + table(level) +
            "." + table(above);
    level = above;
  }
  return joins;
}

}  // namespace dcmfs::detail
