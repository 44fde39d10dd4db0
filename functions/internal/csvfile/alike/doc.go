// Package alike compares the reader of csvfile with three others, in its tests: what encoding/csv, PostgreSQL's COPY
// and Python's csv module read alike is read alike by ours, but for the policies that are listed with their reasons.
//
// It is a package of its own because it needs PostgreSQL, and the tests of csvfile need no server. Python is not
// needed: what it read is recorded in testdata/python.json, and -update records it again.
package alike
