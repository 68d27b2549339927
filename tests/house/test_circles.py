"""What includes what has a beginning and an end: nothing leads back to where it began."""
import collections
import pathlib
import re
import unittest

from sources import ROOT
from test_layering import includes

# Shared by all folders of its room, and includes nothing of ours.
BOTTOM = "store/result.h"


def circles(graph):
    """The strongly connected parts of more than one node, by Tarjan's algorithm without recursion."""
    number, low, path, found = {}, {}, [], []
    for start in list(graph):
        if start in number:
            continue
        todo = [(start, iter(graph[start]))]
        number[start] = low[start] = len(number)
        path.append(start)
        while todo:
            node, following = todo[-1]
            for other in following:
                if other not in number:
                    number[other] = low[other] = len(number)
                    path.append(other)
                    todo.append((other, iter(graph.get(other, ()))))
                    break
                if other in path:
                    low[node] = min(low[node], number[other])
            else:
                todo.pop()
                if todo:
                    low[todo[-1][0]] = min(low[todo[-1][0]], low[node])
                if low[node] == number[node]:
                    at = path.index(node)
                    part, path[at:] = path[at:], []
                    if len(part) > 1:
                        found.append(sorted(part))
    return found


def folder(name):
    return name if name == BOTTOM else str(pathlib.PurePosixPath(name).parent)


def graph_of(edges):
    graph = collections.defaultdict(set)
    for origin, to in edges:
        if origin != to:
            graph[origin].add(to)
    return graph


OURS = [(name, header) for name, _, kind, header in includes() if kind == '"']


class Circles(unittest.TestCase):
    def test_a_circle_is_found(self):
        self.assertEqual([["a", "b", "c"]], circles({"a": {"b"}, "b": {"c"}, "c": {"a", "d"}, "d": set(), "e": {"a"}}))
        self.assertEqual([], circles({"a": {"b", "c"}, "b": {"c"}, "c": {"d"}}))
        self.assertGreater(len(OURS), 1000, "the includes are found")

    def test_of_files(self):
        self.assertEqual([], circles(graph_of(OURS)))

    def test_of_folders_by_their_headers(self):
        edges = [(folder(name), folder(header)) for name, header in OURS if name.endswith(".h")]
        self.assertEqual([], circles(graph_of(edges)))

    def test_of_folders_inside_a_room(self):
        # The sources of a room itself are what knows all of its folders.
        inside = re.compile(r"\w+/\w+/")
        edges = [(folder(name), folder(header)) for name, header in OURS if inside.match(name) and inside.match(header)]
        self.assertEqual([], circles(graph_of(edges)))

    def test_headers_of_the_store_do_not_show_its_details(self):
        # outbox.h and others name their types, which needs no include.
        bad = [(name, header) for name, header in OURS
               if re.fullmatch(r"store/\w+\.h", name) and header.startswith("store/detail/")]
        self.assertEqual([], bad)


if __name__ == "__main__":
    unittest.main()
